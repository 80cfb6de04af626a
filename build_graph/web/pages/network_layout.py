"""The positions of a network's nodes, computed once from a seed, so that the picture is the same every time.

Each component is laid out by itself, a large one community by community, and the parts are set side by side.
Then overlapping boxes are pushed apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from build_graph.analysis.communities import detect_communities

Points = NDArray[Any]  # one row a point: x, y

_SPRING = 350  # nodes up to which springs are let go; more are parted into communities
_PUSHES = 150
_PAD = 10.0  # pixels between two boxes, and twelve times that between two parts
_ROOM = 2.2  # times the area of all boxes that a part is spread over
_WIDER = 1.35
_STEP = 60.0  # pixels between two seeds of a sunflower
_GOLDEN = math.pi * (3 - math.sqrt(5))  # the angle from one seed to the next
_TRIED, _TURNS = 256, 60  # places that are tried at a time, and how many times


def compute_positions(
    graph: nx.Graph[int], first: Sequence[int], boxes: Sequence[tuple[float, float]], seed: int
) -> list[tuple[int, int]]:
    """Return the centre of each node 0, 1, … in whole pixels; `boxes` are their widths and heights.

    The nodes of `first` are laid out as if they were alone; the others are set among them.
    """
    sizes = np.array(boxes, dtype=float).reshape(-1, 2)
    points = np.zeros((len(graph), 2))
    inner = graph.subgraph(first)
    groups = [sorted(group) for group in nx.connected_components(inner)]
    parts = sorted((group for group in groups if len(group) > 1), key=lambda group: (-len(group), group))
    if alone := sorted(group[0] for group in groups if len(group) == 1):
        parts.append(alone)
    for part in parts:
        points[part] = _place_part(graph.subgraph(part), part, sizes, seed)
    _pack_parts(points, sizes, parts)
    _place_others(points, sizes, graph, set(first))
    return [(round(x), round(y)) for x, y in points.tolist()]


def _place_others(points: Points, sizes: Points, graph: nx.Graph[int], placed: set[int]) -> None:
    """Move each other node to the free place nearest to the centre of its neighbours, on a spiral."""
    for node in sorted(set(graph) - placed):
        near = [other for other in sorted(graph[node]) if other in placed]
        taken = sorted(placed)
        middle = points[near].mean(axis=0) if near else np.zeros(2)
        room = (sizes[taken] + sizes[node]) / 2 + _PAD
        for turn in range(_TURNS):
            tried = middle + _build_spiral(turn * _TRIED, _TRIED)
            free = ~(np.abs(points[taken] - tried[:, None, :]) < room).all(axis=2).any(axis=1)
            points[node] = tried[free.argmax()]
            if free.any():
                break
        placed = placed | {node}


def _build_spiral(first: int, count: int) -> Points:
    """Return points around the origin from number `first` on, nearest first, dense enough to miss no gap."""
    step = np.arange(first, first + count)
    found: Points = np.column_stack([np.cos(step * _GOLDEN), np.sin(step * _GOLDEN)])
    return found * 9 * np.sqrt(step)[:, None]


def _place_part(graph: nx.Graph[int], nodes: list[int], sizes: Points, seed: int) -> Points:
    """Return points for the nodes of one part, around its centre."""
    if graph.number_of_edges() == 0:
        found = _build_grid(sizes[nodes])
    elif len(nodes) <= _SPRING:
        found = _scale_points(_apply_springs(graph, nodes, seed), sizes[nodes])
    else:
        found = _place_communities(graph, nodes, sizes, seed)
    return _centre_points(_push_apart(found, sizes[nodes]))


def _centre_points(points: Points) -> Points:
    """Return the points, moved so that their mean is the origin."""
    moved: Points = points - points.mean(axis=0)
    return moved


def _scale_points(points: Points, sizes: Points) -> Points:
    """Return the points spread over the area that their boxes need, wider than high as names are."""
    spread = points.std(axis=0)
    room = math.sqrt(_ROOM * ((sizes + _PAD).prod(axis=1)).sum())
    shape = np.array([math.sqrt(_WIDER), 1 / math.sqrt(_WIDER)])
    scale: Points = shape * room / 4 / np.where(spread > 0, spread, 1)
    return _centre_points(points) * scale


def _apply_springs(graph: nx.Graph[int], nodes: list[int], seed: int) -> Points:
    """Return points by Fruchterman and Reingold; edges pull by the root of their weight."""
    ordered: nx.Graph[int] = nx.Graph()
    ordered.add_nodes_from(range(len(nodes)))
    number = {node: at for at, node in enumerate(nodes)}
    for one, other, weight in sorted(graph.edges(data="weight", default=1)):
        ordered.add_edge(number[one], number[other], weight=math.sqrt(weight))
    near = 2.2 / math.sqrt(len(nodes))
    found = nx.spring_layout(ordered, k=near, weight="weight", seed=seed, iterations=200, method="force")
    return np.array([found[at] for at in range(len(nodes))])


def _place_communities(graph: nx.Graph[int], nodes: list[int], sizes: Points, seed: int) -> Points:
    """Return points of a part that is too large for springs, with its communities side by side."""
    groups = detect_communities(graph, seed)
    if len(groups) == 1:
        return _build_sunflower(len(nodes))
    place = {node: at for at, node in enumerate(nodes)}
    points = np.zeros((len(nodes), 2))
    for group in groups:
        points[[place[node] for node in group]] = _place_part(graph.subgraph(group), group, sizes, seed)
    _pack_parts(points, sizes[nodes], [[place[node] for node in group] for group in groups])
    return points


def _build_sunflower(count: int) -> Points:
    """Return points on a disc in the pattern of sunflower seeds: even, and none on another."""
    index = np.arange(count)
    radius, angle = _STEP * np.sqrt(index), index * _GOLDEN
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _build_grid(sizes: Points) -> Points:
    """Return points in rows, for nodes without an edge."""
    columns = max(1, round(math.sqrt(len(sizes) * 1.6)))
    step: Points = sizes.max(axis=0) + _PAD
    index = np.arange(len(sizes))
    return np.column_stack([index % columns, index // columns]) * step


def _push_apart(points: Points, sizes: Points) -> Points:
    """Return the points with overlapping boxes pushed apart along the shorter axis."""
    points = points.copy()
    for _ in range(_PUSHES if len(points) <= 2 * _SPRING else _PUSHES // 5):
        gap = points[:, None, :] - points[None, :, :]
        room = (sizes[:, None, :] + sizes[None, :, :]) / 2 + _PAD
        over = room - np.abs(gap)
        meets: NDArray[np.bool_] = (over > 0).all(axis=2)
        np.fill_diagonal(meets, val=False)
        if not meets.any():
            break
        side = np.where(over[:, :, 0] < over[:, :, 1], 0, 1)
        for axis in (0, 1):
            on = meets & (side == axis)
            order = np.sign(gap[:, :, axis])
            tie = np.triu(np.ones_like(order), 1) - np.tril(np.ones_like(order), -1)
            push = np.where(on, (over[:, :, axis] / 2 + 0.5) * np.where(order == 0, -tie, order), 0)
            points[:, axis] += push.max(axis=1, initial=0) + push.min(axis=1, initial=0)
    return points


def _pack_parts(points: Points, sizes: Points, parts: list[list[int]]) -> None:
    """Move the parts, the largest first, into rows below one another, with a square as the whole."""
    bounds = []
    for part in parts:
        low, high = (points[part] - sizes[part] / 2).min(axis=0), (points[part] + sizes[part] / 2).max(axis=0)
        points[part] -= low
        bounds.append(high - low + 12 * _PAD)
    width = max([math.sqrt(sum(w * h for w, h in bounds)) * 1.3, *(w for w, _ in bounds)], default=0)
    x = y = row = 0.0
    for part, (w, h) in zip(parts, bounds, strict=True):
        if x and x + w > width:
            x, y, row = 0.0, y + row, 0.0
        points[part] += (x, y)
        x, row = x + w, max(row, h)
    if parts:
        points -= points.mean(axis=0)
