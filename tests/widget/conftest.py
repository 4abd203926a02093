"""Fixtures of the widget's tests."""

from canned_server import canned, mortal
from widget_browser import browser, visitor

__all__ = ["browser", "canned", "mortal", "visitor"]
