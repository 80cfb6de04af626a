"""From a repaired text to its outline, its measures and who answers for them."""
