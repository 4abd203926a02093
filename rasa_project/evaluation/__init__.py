"""Asks a running bot questions whose acceptable answers are known, and counts."""
