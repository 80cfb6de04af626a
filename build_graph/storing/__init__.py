"""Graphs of documents in an Oxigraph store on disk: each replaced as a whole, none read again in vain."""
