"""The way from a repaired text to a document: its measures, who answers for them, and what they say."""
