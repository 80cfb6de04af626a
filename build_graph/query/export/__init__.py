"""Exports of a graph in the formats of other programs, each with a description."""
