"""The contents of a measure: norms, targets, audiences and policy domains."""
