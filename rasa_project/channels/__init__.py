"""Input and output channels."""
