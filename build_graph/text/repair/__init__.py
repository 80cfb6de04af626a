"""Repairs of a text: each change is named, and each character keeps its place in the source."""
