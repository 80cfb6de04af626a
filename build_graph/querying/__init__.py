"""Questions put to a graph: the catalogue, the values that go into a query, engines, and answers."""
