"""A SPARQL endpoint over HTTP: what requests ask, what answers them, and the limits on both."""
