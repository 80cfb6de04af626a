"""From a document, understood, to checked triples in Turtle."""
