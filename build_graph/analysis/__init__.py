"""The network of bodies that bear measures together: counts, centralities, communities, a null model."""
