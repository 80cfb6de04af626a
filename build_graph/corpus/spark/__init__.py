"""Corpora on a Spark cluster: the same function of one document, run by many machines."""
