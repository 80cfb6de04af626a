"""From the graph back to the document that it was made of."""
