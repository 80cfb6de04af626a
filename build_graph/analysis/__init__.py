"""The network of bodies that bear measures together: counted, measured, tested against chance."""
