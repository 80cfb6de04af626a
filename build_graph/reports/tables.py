"""Tables for people, with Chinese characters counted at their width."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.table import Table

from build_graph.model import Document, Measure

_WIDTH = 160  # columns where the output is no terminal


def measures_table(document: Document, out: TextIO) -> None:
    """Print the measures of a document: clause, words, bearers with their role, norms, targets, domains."""
    title = document.outline.metadata.title or document.text.source.name
    table = Table(title=title, title_justify="left", show_lines=True)
    for name, ratio in [
        ("clause", None),
        ("measure", 5),
        ("bearers", 3),
        ("norms", 5),
        ("targets", 2),
        ("domains", 2),
    ]:
        table.add_column(name, ratio=ratio, overflow="fold", no_wrap=ratio is None)
    for measure in document.measures:
        table.add_row(*_row(document.text.content, measure))
    console = Console(
        file=out, width=None if out.isatty() else _WIDTH, markup=False, highlight=False, emoji=False
    )
    console.print(table)


def _row(content: str, measure: Measure) -> tuple[str, ...]:
    bearers = measure.bearers
    return (
        f"{measure.clause or '-'} {measure.index}",
        measure.span.of(content),
        "\n".join(b.name if b.role == "responsible" else f"{b.name} ({b.role})" for b in bearers) or "-",
        "\n".join(f"{norm.kind}: {norm.span.of(content)}" for norm in measure.norms) or "-",
        "\n".join(f"{t.due or t.quantity or ''} {t.span.of(content)}".strip() for t in measure.targets)
        or "-",
        "\n".join(domain.id for domain in measure.domains) or "-",
    )
