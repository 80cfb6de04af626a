"""The way from bytes to a repaired text whose every character leads back to its source."""
