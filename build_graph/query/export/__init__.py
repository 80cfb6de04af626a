"""A graph in the formats of other programs, with a description beside it."""
