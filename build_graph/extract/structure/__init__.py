"""The outline of a document: metadata, sections, measures, attributions, and the part not read."""
