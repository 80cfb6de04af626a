"""What people read: summaries, tables, JSON in the annotators' format, explanations."""
