"""The analysis of a graph as a whole: it counts, measures, tests against chance, and writes the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from build_graph.analysis import charts
from build_graph.analysis.bearings import Responsibilities
from build_graph.analysis.centrality import compute_centralities, compute_modularity
from build_graph.analysis.choices import Choices, Language
from build_graph.analysis.communities import build_nx_graph, detect_communities
from build_graph.analysis.incidence import Incidence, build_incidence
from build_graph.analysis.projection import project
from build_graph.analysis.report import Findings, render_markdown
from build_graph.analysis.result_tables import (
    build_agencies_table,
    build_labelled_graph,
    build_pairs_table,
    format_csv,
    select_bearings_table,
)
from build_graph.analysis.significance import compute_significance
from build_graph.files import write_files
from build_graph.graph.store.shards import ShardFolder
from build_graph.query.engines import Engine
from build_graph.query.export.property_graph import write_gexf, write_graphml

# What an analysis is written as.
FILES = (
    *("analysis.md", "pairs.csv", "agencies.csv", "bearings.csv"),
    *("network.graphml", "network.gexf", "ranking.svg", "heatmap.svg"),
)


@dataclass(frozen=True, slots=True)
class Analyst:
    """An analysis of a graph under some choices; `on_draw` gets the number of each draw of the null model."""

    engine: Engine | ShardFolder  # over the graph, or its shards
    choices: Choices
    graph: str = ""  # as --graph takes it; empty for the default
    on_draw: Callable[[int], None] = lambda number: None
    raw: bool = False  # whether tables hold the words as they are, which a spreadsheet may take for formulas

    def write(self, output: Path, language: Language) -> tuple[Findings, list[Path]]:
        """Write the files into the folder `output`, all or none; return the findings and the paths.

        Raises ObligationError where the graph cannot be asked, nothing is left to count, or the folder
        cannot be written.
        """
        findings = self.compute_findings()
        return findings, write_findings(findings, output, language, raw=self.raw)

    def compute_findings(self) -> Findings:
        """Return the findings about the graph under the choices.

        Raises ObligationError where the graph cannot be asked, or nothing is left to count.
        """
        choices = self.choices
        bearings = Responsibilities.load(self.engine, choices)
        counted = build_incidence(bearings, choices)
        pairs = project(counted, directed=choices.directed)
        graph = build_nx_graph(pairs, len(counted.bodies), directed=choices.directed)
        groups = detect_communities(graph, choices.seed)
        chance = compute_significance(counted, pairs, choices, self.on_draw) if choices.draws else None
        return Findings(
            choices=choices,
            incidence=counted,
            pairs=build_pairs_table(counted, pairs, chance, directed=choices.directed),
            agencies=build_agencies_table(
                compute_centralities(graph, counted, groups, choices.seed), counted, bearings
            ),
            communities=_label_groups(groups, counted),
            modularity=compute_modularity(graph, groups),
            names=dict(bearings.bodies["name"]),
            graph=self.graph,
        )


def write_findings(findings: Findings, output: Path, language: Language, *, raw: bool = False) -> list[Path]:
    """Write the files of an analysis into the folder `output`, all or none, and return them.

    Raise ObligationError where the folder cannot be written.
    """
    files = {output / name: data for name, data in _render_files(findings, language, raw=raw)}
    write_files(files)
    return list(files)


def _label_groups(groups: list[list[int]], counted: Incidence) -> tuple[tuple[str, ...], ...]:
    """Return the labels of each community's bodies, those with the most units first."""
    size = counted.bears.sum(axis=0)
    return tuple(
        tuple(counted.labels[node] for node in sorted(group, key=lambda node: (-size[node], node)))
        for group in groups
    )


def _render_files(findings: Findings, language: Language, *, raw: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file of an analysis."""
    choices, agencies = findings.choices, findings.agencies
    graph = build_labelled_graph(agencies, findings.pairs, directed=choices.directed)
    yield "analysis.md", render_markdown(findings, language).encode()
    yield "pairs.csv", format_csv(findings.pairs, raw=raw)
    yield "agencies.csv", format_csv(agencies, index=True, raw=raw)
    yield "bearings.csv", format_csv(select_bearings_table(findings.incidence), raw=raw)
    yield "network.graphml", write_graphml(graph)
    yield "network.gexf", write_gexf(graph)
    yield "ranking.svg", charts.draw_ranking(findings.pairs, directed=choices.directed, unit=choices.unit)
    yield (
        "heatmap.svg",
        charts.draw_heatmap(agencies, findings.pairs, directed=choices.directed, unit=choices.unit),
    )
