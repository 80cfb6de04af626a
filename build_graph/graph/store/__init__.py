"""Graphs on disk: a store of Oxigraph, a folder of shards, and the seals by which damage shows."""
