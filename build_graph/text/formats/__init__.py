"""One module for each format that documents come in: bytes in, text out."""
