"""Agencies and groups: the registry, local names, and the places they stand under."""
