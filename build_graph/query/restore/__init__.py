"""A document restored from its graph."""
