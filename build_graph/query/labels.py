"""Short names of bodies, for places with little room: each body has one, and no two have the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote


def most_frequent_labels(bearings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the commonest name of each body, from its IRI and the words of every bearing.

    >>> most_frequent_labels([("ndrc", "发改委"), ("ndrc", "发展改革委"), ("ndrc", "发展改革委")])
    {'ndrc': '发展改革委'}
    """
    times: dict[str, Counter[str]] = defaultdict(Counter)
    for body, words in bearings:
        times[body][words] += 1
    return {body: min(counts, key=lambda words: (-counts[words], words)) for body, counts in times.items()}


def unique_labels(
    bodies: Sequence[str], mostly: Mapping[str, str], full: Mapping[str, str], places: Mapping[str, str]
) -> tuple[str, ...]:
    """Return a short name for each body that no other body has.

    A central body is called as documents mostly write it (发展改革委), a local one by its place
    (杭州市商务局), if its full name ends so: 南通海关 is no 南通市海关. If that name is missing, or another
    body has it too, the next longer name is taken.

    >>> base = "https://w3id.org/obligation-graph/id/agency/浙江省/"
    >>> unique_labels([base + "杭州市/商务局", base + "商务厅"], {}, {}, {base + "杭州市/商务局": "p"})
    ('杭州市商务局', '浙江省商务厅')
    """
    ways = [
        [
            _shorten(body, mostly.get(body, ""), full.get(body, ""), places.get(body, "")),
            full.get(body, ""),
            "".join(_split_steps(body)),
        ]
        for body in bodies
    ]
    labels = [next(filter(None, way)) for way in ways]
    for longer in (1, 2):
        doubled = {label for label, times in Counter(labels).items() if times > 1}
        labels = [
            way[longer] or label if label in doubled else label
            for way, label in zip(ways, labels, strict=True)
        ]
    return tuple(labels)


def _shorten(body: str, mostly: str, full: str, place: str) -> str:
    """Return the usual words for a central body; for a local one its last place and own name: 杭州市商务局.

    Longer words are kept: 济源示范区管委会. The short name is only taken if the full name ends in it.

    >>> _shorten("https://w3id.org/obligation-graph/id/agency/江苏省/南通市/海关", "海关", "南通海关", "p")
    '南通海关'
    """
    local = "".join(_split_steps(body)[-2:])
    if not place or mostly.endswith(local):
        return mostly
    return local if full.endswith(local) else full or local


def _split_steps(body: str) -> list[str]:
    """Return the steps of an IRI behind the class: 浙江省, 杭州市, 商务局."""
    return unquote(body.partition("/id/")[2].partition("/")[2] or body).split("/")
