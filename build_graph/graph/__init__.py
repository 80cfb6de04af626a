"""From a document to checked RDF: emitted, checked, written, stored."""
