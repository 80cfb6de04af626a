"""The registry of central bodies, the names of local bodies, and the places to which they belong."""
