"""The checks that a graph must pass before it is written."""
