"""The outline of a document: metadata, sections, measures, attributions, and what was not read."""
