"""The registry of bodies, local names, and the places they stand under."""
