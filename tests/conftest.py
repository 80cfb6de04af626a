"""Fixtures that any test may take."""

from browser import chromium, open_page

__all__ = ["chromium", "open_page"]
