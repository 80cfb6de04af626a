"""`python -m build_graph.cli` is `obligations`."""

from build_graph.cli import main

main(prog_name="obligations")
