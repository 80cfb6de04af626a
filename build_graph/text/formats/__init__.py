"""The readers of document formats, a module each: bytes in, text out."""
