"""Graphs sent to a triple store on the net, and fetched from it."""
