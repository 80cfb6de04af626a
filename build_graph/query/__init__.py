"""Everything that reads a graph: questions, explanations, validation, exports, other servers."""
