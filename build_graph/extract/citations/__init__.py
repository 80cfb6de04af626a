"""The documents that a text names, and those that it rests on."""
