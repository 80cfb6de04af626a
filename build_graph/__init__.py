"""Reads government policy documents into a knowledge graph of obligations."""

__version__ = "0.1.0"
