"""What a measure says: norms, targets, target groups and policy domains."""
