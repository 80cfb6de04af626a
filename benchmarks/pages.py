"""Times how long pages take from being opened to being drawn, and to apply a filter, in Debian's Chromium.

    .venv/bin/python benchmarks/pages.py [--runs 9] [--nodes 2000] [--edges 5000]

A page says itself that it is drawn: `performance.mark("drawn")` at the first time that the network is on its
canvas. What is timed is the way there from the start of the navigation. Each page is opened in a profile of
its own, the pages in turn, so that what else the machine does hits all alike. Medians; read ratios.

`empty` is a page with nothing on it, `load_script` one with vis-network and no node, and `bare` what anybody
would write with vis-network: the nodes where they are to stand, no physics, nothing else.

- `first document` is the network page of the document that ships with the package, `its nodes` a bare page of
  the same nodes and edges. The bar: 1.5 times `load_script`.
- `network` is the network page of the nodes and edges of `bare`. The bars: 1.5 times `bare`; 300 ms a filter.
- `many` has 10,000 measures of 200 documents, those of the first document again and again. The bar: 20 MB.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import random
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from build_graph.corpus.builder import Builder
from build_graph.query.open import open_graph
from build_graph.resources import find_folder
from build_graph.web.pages.network import render_network_page
from build_graph.web.pages.network_data import (
    Finding,
    NetworkBody,
    NetworkData,
    NetworkDocument,
    NetworkMeasure,
    NetworkResponsibility,
    collect_network_data,
)

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
OPTIONS = {"physics": False}
SEED = 24

Item = dict[str, Any]  # a node or an edge, as vis-network takes it


def empty() -> str:
    """A page with nothing on it, which is drawn when the browser first draws."""
    return page('<script>requestAnimationFrame(() => performance.mark("drawn"))</script>')


def bare(nodes: Iterable[Item], edges: Iterable[Item], options: Mapping[str, Any] | None = None) -> str:
    """A page with the vis-network that the package ships and nothing else; nodes bring their x and y."""
    library = (find_folder("vendor") / "vis-network" / "vis-network.js").read_text(encoding="utf-8")
    data = {"nodes": list(nodes), "edges": list(edges)}
    return page(
        f"""<div id="graph"></div>
<script>{library}</script>
<script>
const data = {script_json(data)};
const nodes = new vis.DataSet(data.nodes), edges = new vis.DataSet(data.edges);
const container = document.getElementById("graph");
const network = new vis.Network(container, {{nodes, edges}}, {script_json(OPTIONS | dict(options or {}))});
network.once("afterDrawing", () => performance.mark("drawn"));
</script>"""
    )


def page(body: str) -> str:
    """An HTML document."""
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>benchmark</title>\n'
        "<style>html, body, #graph { margin: 0; width: 100%; height: 100%; }</style></head>\n"
        f"<body>{body}</body>\n</html>\n"
    )


def script_json(value: object) -> str:
    """JSON that cannot end the script element that it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def graph(nodes: int, edges: int) -> tuple[list[Item], list[Item]]:
    """As many nodes with names on a disc, and edges among them; some nodes have many, as agencies do."""
    chance = random.Random(SEED)
    drawn = []
    for index in range(nodes):
        radius, angle = 40 * math.sqrt(index), index * 2.399963  # a sunflower: even, and none on another
        x, y = round(radius * math.cos(angle), 1), round(radius * math.sin(angle), 1)
        drawn.append({"id": index, "label": f"第{index}项措施", "x": x, "y": y})
    ends = [(int(nodes * chance.random() ** 3), chance.randrange(nodes)) for _ in range(edges)]
    return drawn, [{"id": index, "from": a, "to": b} for index, (a, b) in enumerate(ends)]


def drawn(pages: Mapping[str, Path], runs: int) -> dict[str, float]:
    """Milliseconds from the start of the navigation to the mark `drawn`, by page: medians of so many runs.

    The pages are opened in turn, `runs` times, after a turn that does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for run in range(runs + 1):
            for name, path in pages.items():
                with browser.new_context(offline=True, viewport={"width": 1280, "height": 800}) as context:
                    tab = context.new_page()
                    tab.goto(path.resolve().as_uri())
                    tab.wait_for_function('performance.getEntriesByName("drawn").length', polling=50)
                    mark = tab.evaluate('performance.getEntriesByName("drawn")[0].startTime')
                    if run:
                        times[name].append(float(mark))
        browser.close()
    return {name: median(found) for name, found in times.items()}


def table(times: Mapping[str, float], sizes: Mapping[str, int], base: str) -> str:
    """The times and sizes of the pages, each time also as a multiple of that of the page `base`."""
    lines = [f"{'page':<16}{'kB':>8}{'drawn, ms':>12}{'of ' + base:>12}"]
    for name, ms in times.items():
        lines.append(f"{name:<16}{sizes[name] / 1000:8,.0f}{ms:12,.1f}{ms / times[base]:12.2f}")
    return "\n".join(lines)


def first_document() -> NetworkData:
    """What the network page of the document that ships with the package tells of."""
    with tempfile.TemporaryDirectory() as place:
        path = Builder(pages=False).build([], Path(place)).path
        return collect_network_data(open_graph(str(path)))


def its_nodes(page: bytes) -> bytes:
    """A bare page of the nodes and edges of a network page, with the options that matter for time."""
    found = re.search(r'id="drawing">(.*?)</script>', page.decode())
    assert found
    drawing = json.loads(found[1])
    options = {"nodes": {"shape": "dot"}, "edges": {"smooth": False}}
    return bare(drawing["nodes"], drawing["edges"], options).encode()


def many(data: NetworkData, documents: int, measures: int) -> bytes:
    """The network page of so many documents with so many measures each, those of the data again and again."""
    known = list(data.measures)
    cards, clauses = [], []
    for number in range(documents):
        some = []
        for at in range(measures):
            measure = known[(number * measures + at) % len(known)]
            end = measure.id.removeprefix(data.clauses[measure.clause][0])
            clauses.append((f"d/d{number}/c{at}", data.clauses[measure.clause][1], number))
            some.append(replace(measure, id=f"d/d{number}/c{at}{end}", clause=len(clauses) - 1))
        cards.append(NetworkDocument(f"d/d{number}", f"第{number}号", "benchmark", "", tuple(some)))
    return render_network_page(
        NetworkData(tuple(cards), data.bodies, data.domains, tuple(clauses)), "benchmark"
    )


def large(nodes: Iterable[Item], edges: Iterable[Item]) -> bytes:
    """The network page in which each node bears a measure, and each edge is a measure that two bear."""
    bodies = [
        NetworkBody(f"agency/{node['id']}", node["label"], node["label"], "", (), "Other") for node in nodes
    ]
    borne = [*((edge["from"], edge["to"]) for edge in edges), *((node,) for node in range(len(bodies)))]
    measures = tuple(
        NetworkMeasure(
            id=f"d/d/c{at}/m1",
            clause=at,
            allocation=2,
            open=False,
            text="推进各项措施。",
            words="",
            bearings=tuple(NetworkResponsibility(body, 2, inferred=False) for body in dict.fromkeys(some)),
            domains=(at % 10,),
            findings=(Finding(at % 4, 0, 6, ""),),
            audiences=(),
            due="",
        )
        for at, some in enumerate(borne)
    )
    clauses = tuple((f"d/d/c{at}", f"（{at}）", 0) for at in range(len(measures)))
    domains = tuple((f"domain/{at}", f"领域{at}", f"domain {at}") for at in range(10))
    card = NetworkDocument("d/d", "", "benchmark", "", measures)
    return render_network_page(NetworkData((card,), tuple(bodies), domains, clauses), "benchmark")


def filtering(path: Path, runs: int) -> float:
    """Milliseconds from a choice in the filter of domains to the frame that shows it: a median."""
    script = """(value) => new Promise((done) => {
        const select = document.getElementById("domain"), start = performance.now();
        select.value = value;
        select.dispatchEvent(new Event("change"));
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
    })"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
        tab.goto(path.resolve().as_uri())
        tab.wait_for_function('performance.getEntriesByName("ready").length', polling=50)
        times = [float(tab.evaluate(script, str(run % 10))) for run in range(runs + 1)]
        browser.close()
    return median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--nodes", type=int, default=2000)
    parser.add_argument("--edges", type=int, default=5000)
    options = parser.parse_args()
    nodes, edges = graph(options.nodes, options.edges)
    first = first_document()
    page_of_first = render_network_page(first, "benchmark")
    texts = {
        "empty": empty().encode(),
        "library": bare([], []).encode(),
        "first document": page_of_first,
        "its nodes": its_nodes(page_of_first),
        "bare": bare(nodes, edges).encode(),
        "network": large(nodes, edges),
        "many": many(first, 200, 50),
    }
    with tempfile.TemporaryDirectory() as folder_name:
        paths = {name: Path(folder_name) / f"{name}.html" for name in texts}
        for name, path in paths.items():
            path.write_bytes(texts[name])
        times = drawn(paths, options.runs)
        filtered = filtering(paths["network"], options.runs)
        sizes = {name: path.stat().st_size for name, path in paths.items()}
    size = f"{options.nodes:,} nodes, {options.edges:,} edges"
    print(f"Python {platform.python_version()}, {platform.machine()}, {size}, medians of {options.runs}")
    print(table(times, sizes, "bare"))
    ratios = times["first document"] / times["library"], times["network"] / times["bare"]
    for what, found, bar in (
        ("first document, of library", ratios[0], 1.5),
        ("network, of bare", ratios[1], 1.5),
        ("network, a filter, ms", filtered, 300.0),
        ("many, MB", sizes["many"] / 1e6, 20.0),
    ):
        print(f"{what:<28}{found:8.2f}    bar {bar:g}: {'met' if found <= bar else 'MISSED'}")


if __name__ == "__main__":
    main()
