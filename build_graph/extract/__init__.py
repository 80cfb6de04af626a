"""From a repaired text to a document: its measures, who answers for them, and what they say."""
