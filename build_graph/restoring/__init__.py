"""From the graph back to the document: what `graph` writes is read again into the same values."""
