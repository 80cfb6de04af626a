"""Graphs on disk: a store of Oxigraph, a folder of shards, and the checksums by which damage is noticed."""
