"""From a graph to the files of an analysis: count, measure, test against chance, draw, write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from build_graph.analysis import charts
from build_graph.analysis.bearings import Bearings
from build_graph.analysis.choices import Choices, Language
from build_graph.analysis.communities import communities, network
from build_graph.analysis.incidence import Incidence, incidence
from build_graph.analysis.network import modularity, places
from build_graph.analysis.projection import project
from build_graph.analysis.report import Findings, markdown
from build_graph.analysis.significance import significance
from build_graph.analysis.tables import agencies_table, as_csv, bearings_table, labelled, pairs_table
from build_graph.exporting.network import write_gexf, write_graphml
from build_graph.files import write_all
from build_graph.querying.engines import Engine
from build_graph.shards import Shards

# What an analysis is written as.
FILES = (
    *("analysis.md", "pairs.csv", "agencies.csv", "bearings.csv"),
    *("network.graphml", "network.gexf", "ranking.svg", "heatmap.svg"),
)


@dataclass(frozen=True, slots=True)
class Analyst:
    """How a graph is to be analysed; `drawn` hears of each draw of the null model."""

    engine: Engine | Shards  # what answers for the graph, or the shards that it lies in
    choices: Choices
    graph: str = ""  # as --graph takes it; empty for the default
    drawn: Callable[[int], None] = lambda number: None
    raw: bool = False  # whether tables hold the words as they are, which a spreadsheet may take for formulas

    def write(self, output: Path, language: Language) -> tuple[Findings, list[Path]]:
        """What the graph shows, and the files that were written into the folder `output`: all, or none.

        Raises ObligationError where the graph cannot be asked, nothing is left to count, or the folder
        cannot be written.
        """
        findings = self.findings()
        files = {output / name: data for name, data in _files(findings, language, raw=self.raw)}
        write_all(files)
        return findings, list(files)

    def findings(self) -> Findings:
        """What the graph shows under the choices.

        Raises ObligationError where the graph cannot be asked, or nothing is left to count.
        """
        choices = self.choices
        bearings = Bearings.of(self.engine, choices)
        counted = incidence(bearings, choices)
        pairs = project(counted, directed=choices.directed)
        graph = network(pairs, len(counted.bodies), directed=choices.directed)
        groups = communities(graph, choices.seed)
        chance = significance(counted, pairs, choices, self.drawn) if choices.draws else None
        return Findings(
            choices=choices,
            incidence=counted,
            pairs=pairs_table(counted, pairs, chance, directed=choices.directed),
            agencies=agencies_table(places(graph, counted, groups, choices.seed), counted, bearings),
            communities=_called(groups, counted),
            modularity=modularity(graph, groups),
            names=dict(bearings.bodies["name"]),
            graph=self.graph,
        )


def _called(groups: list[list[int]], counted: Incidence) -> tuple[tuple[str, ...], ...]:
    """The labels of each community's bodies, who bears most first."""
    size = counted.bears.sum(axis=0)
    return tuple(
        tuple(counted.labels[node] for node in sorted(group, key=lambda node: (-size[node], node)))
        for group in groups
    )


def _files(findings: Findings, language: Language, *, raw: bool) -> Iterator[tuple[str, bytes]]:
    """The files of an analysis by name."""
    choices, agencies = findings.choices, findings.agencies
    graph = labelled(agencies, findings.pairs, directed=choices.directed)
    yield "analysis.md", markdown(findings, language).encode()
    yield "pairs.csv", as_csv(findings.pairs, raw=raw)
    yield "agencies.csv", as_csv(agencies, index=True, raw=raw)
    yield "bearings.csv", as_csv(bearings_table(findings.incidence), raw=raw)
    yield "network.graphml", write_graphml(graph)
    yield "network.gexf", write_gexf(graph)
    yield "ranking.svg", charts.ranking(findings.pairs, directed=choices.directed, unit=choices.unit)
    yield (
        "heatmap.svg",
        charts.heatmap(agencies, findings.pairs, directed=choices.directed, unit=choices.unit),
    )
