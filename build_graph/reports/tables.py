"""Tables for people, with Chinese characters counted at their width."""

from __future__ import annotations

from typing import TextIO

from rich.table import Table

from build_graph.model import Bearer, Document, Measure
from build_graph.printing import open_console

TABLE_WIDTH = 160  # columns where the output is no terminal


def print_measures(document: Document, out: TextIO) -> None:
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
        table.add_row(*_format_row(document.text.content, measure))
    open_console(out, None if out.isatty() else TABLE_WIDTH).print(table)


def _format_row(content: str, measure: Measure) -> tuple[str, ...]:
    bearers = (*measure.bearers, *measure.defaults)
    return (
        f"{measure.clause or '-'} {measure.index}",
        measure.span.extract(content),
        "\n".join(_format_bearer(b, measure) for b in bearers) or "-",
        "\n".join(f"{norm.kind}: {norm.span.extract(content)}" for norm in measure.norms) or "-",
        "\n".join(f"{t.due or t.quantity or ''} {t.span.extract(content)}".strip() for t in measure.targets)
        or "-",
        "\n".join(domain.id for domain in measure.domains) or "-",
    )


def _format_bearer(bearer: Bearer, measure: Measure) -> str:
    """A bearer with what is special of it: its role, or that a rule stated elsewhere names it."""
    said = [bearer.role.value] if bearer.role != "responsible" else []
    said += ["by default"] if bearer in measure.defaults else []
    return f"{bearer.name} ({', '.join(said)})" if said else bearer.name
