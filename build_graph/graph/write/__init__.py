"""Turtle and N-Quads in an order that the same statements always have."""
