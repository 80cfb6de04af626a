"""Charts as SVG: the ranking of pairs and the heat map of shared units.

Letters become outlines of a font that ships with the package, so that charts look the same on machines
without a Chinese font.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it ships no types
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.text import Text

from build_graph.resources import find_folder

FONT = "noto-sans-sc-400.woff"
_MISSING = "〓"  # the printers' mark for a missing character
SHOWN_PAIRS = 20
SHOWN_BODIES = 40
LEVEL = 0.01  # p below which a pair counts as more than chance
_SURE, _CHANCE, _TICK, _GRID = "#1b6e8c", "#a9c3cd", "#b3402a", "#d9d9d9"
_BLUES = LinearSegmentedColormap.from_list("together", ["#eaf2f5", "#1b6e8c", "#0a2f3d"])
_STYLE: Any = {"svg.fonttype": "path", "svg.hashsalt": "obligation-graph", "axes.linewidth": 0.6}
_CHANCE_LABEL = f""";  红线 red mark: expected from their sizes 按规模预期
深色 dark: more than chance 显著多于随机 (p < {LEVEL})"""


@contextmanager
def unpack_font() -> Iterator[str]:
    """Yield the path of the font, which is unpacked to a temporary file for the time of the context."""
    packed = find_folder("vendor") / "noto-sans-sc" / FONT
    with TemporaryDirectory() as aside, TTFont(packed) as found:
        path = Path(aside) / "noto-sans-sc.ttf"
        found.flavor = None  # WOFF is TrueType, packed
        found.save(path)
        yield str(path)


def replace_missing(text: str, known: frozenset[int]) -> str:
    """Return the text with 〓 in place of each character that a font does not have.

    >>> replace_missing("仫佬", frozenset(map(ord, "佬〓")))
    '〓佬'
    """
    return "".join(char if ord(char) in known else _MISSING for char in text)


def draw_ranking(pairs: pd.DataFrame, *, directed: bool, unit: str) -> bytes:
    """Return the first pairs as bars, each with a mark at the number that chance would give, as SVG."""
    shown = pairs.head(SHOWN_PAIRS)
    if shown.empty:
        return _draw_nothing()
    figure = Figure(figsize=(9, 1.4 + 0.32 * max(len(shown), 1)), layout="constrained")
    axes = figure.subplots()
    arrow = " › " if directed else " – "
    names = (shown["label"] + arrow + shown["partner_label"]).tolist()
    rows = np.arange(len(shown))
    sure = shown["p"] < LEVEL if "p" in shown else np.ones(len(shown), dtype=bool)
    axes.barh(rows, shown["together"], color=np.where(sure, _SURE, _CHANCE), height=0.68)
    for row, count in enumerate(shown["together"].tolist()):
        axes.text(count, row, f" {count}", va="center", size=9)
    label = _format_together(unit)
    if "expected" in shown:
        axes.vlines(shown["expected"], rows - 0.42, rows + 0.42, color=_TICK, linewidth=1.6)
        label += _CHANCE_LABEL
    axes.set_xlabel(label)
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.08)
    title = "Who leads whom 牵头与配合" if directed else "Co-responsible most often 最常共同负责的机构"
    axes.set_title(title, loc="left", size=13)
    return _render_svg(figure)


def draw_heatmap(agencies: pd.DataFrame, pairs: pd.DataFrame, *, directed: bool, unit: str) -> bytes:
    """Return a matrix of the units that bodies share, ordered by community, as SVG.

    If directed, rows lead and columns support.
    """
    shown = _select_strongest(agencies)
    if shown.empty:
        return _draw_nothing()
    counts = _build_matrix(shown.index, pairs, directed=directed)
    side = 2.2 + 0.27 * max(len(shown), 4)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(np.ma.masked_equal(counts, 0), cmap=_BLUES, vmin=0)
    _write_counts(axes, counts)
    for edge in _find_edges(shown["community"].tolist()):
        axes.axhline(edge, color=_TICK, linewidth=0.8)
        axes.axvline(edge, color=_TICK, linewidth=0.8)
    _label_cells(axes, shown["label"].tolist())
    figure.colorbar(image, ax=axes, shrink=0.5, label=_format_together(unit))
    title = (
        "Rows lead, columns support 行牵头、列配合" if directed else f"Shared {unit} {_translate_unit(unit)}"
    )
    axes.set_title(title, loc="left", size=13)
    return _render_svg(figure)


def _write_counts(axes: Axes, counts: np.ndarray) -> None:
    """Write each count into its cell, in white on dark cells."""
    most = counts.max(initial=0)
    for row, column in zip(*counts.nonzero(), strict=True):
        count = int(counts[row, column])
        color = "white" if count > 0.3 * most else "black"
        axes.text(column, row, str(count), ha="center", va="center", size=7, color=color)


def _label_cells(axes: Axes, labels: list[str]) -> None:
    """Label rows and columns, and draw the lines between cells."""
    borders = np.arange(-0.5, len(labels))
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xticks(borders, minor=True)
    axes.set_yticks(borders, minor=True)
    axes.grid(which="minor", color=_GRID, linewidth=0.4)
    axes.tick_params(which="both", length=0)


def _draw_nothing() -> bytes:
    """Return the chart of an analysis in which no two bodies share anything."""
    figure = Figure(figsize=(6, 1.5))
    message = "No two bodies share one. 没有两个机构共同承担。"
    figure.text(0.5, 0.5, message, ha="center", va="center", size=12)
    return _render_svg(figure)


def _select_strongest(agencies: pd.DataFrame) -> pd.DataFrame:
    """Return the strongest bodies, grouped by community, the strongest of each first."""
    strongest = agencies[agencies["partners"] > 0].nlargest(SHOWN_BODIES, "strength", keep="first")
    return strongest.sort_values(["community", "strength"], ascending=[True, False], kind="stable")


def _build_matrix(bodies: pd.Index, pairs: pd.DataFrame, *, directed: bool) -> np.ndarray:
    """Return the numbers of shared units as a matrix of bodies by bodies."""
    first, second = (bodies.get_indexer(pd.Index(pairs[side])) for side in ("agency", "partner"))
    inside = (first >= 0) & (second >= 0)
    counts = np.zeros((len(bodies), len(bodies)), dtype=np.int64)
    counts[first[inside], second[inside]] = pairs["together"].to_numpy()[inside]
    return counts if directed else counts + counts.T


def _find_edges(communities: Sequence[int]) -> list[float]:
    """Return the positions between rows at which one community ends and the next begins."""
    return [at + 0.5 for at, (one, next_) in enumerate(pairwise(communities)) if one != next_]


def _format_together(unit: str) -> str:
    return f"{unit} together {_translate_unit(unit)}"


def _translate_unit(unit: str) -> str:
    return {"measures": "共同措施数", "norms": "共同规范数"}[unit]


def _render_svg(figure: Figure) -> bytes:
    """Return the figure as SVG with letters as outlines, without a date or a random name."""
    out = BytesIO()
    with unpack_font() as path, rc_context(_STYLE):
        known = frozenset(get_font(path).get_charmap())
        for text in figure.findobj(Text):
            text.set_fontproperties(FontProperties(fname=path, size=text.get_fontsize()))
            text.set_text(replace_missing(text.get_text(), known | {ord("\n")}))
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
