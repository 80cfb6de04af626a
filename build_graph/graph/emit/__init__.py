"""The statements of a document, one module for each part of it."""
