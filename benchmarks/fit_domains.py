"""Fits what each feature counts for the domains of a measure: `build_graph/data/domains.toml`.

    python benchmarks/fit_domains.py GOLD.json ... > domains.toml
    python benchmarks/fit_domains.py --count DOCUMENTS.jsonl.gz > domains.toml

The annotated documents stand beside their GOLD.json or in `documents/` there. `domains-sample.jsonl`
holds measures of other topics, each with every main domain that a reader would take. The second form
counts the words anew and keeps the weights; after it the first is due. Needs numpy and scipy; the same
input gives the same weights. Figures of leaving one document out go to standard error: they, not the fit
itself, say how well documents are read that nobody has seen.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sample import read_records
from scipy.optimize import minimize

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from score import align  # noqa: E402  # the scorer stands with the tests

from build_graph.extract.gold_format import convert_to_gold  # noqa: E402
from build_graph.extract.meaning.domains import DomainFinder, Features, Surroundings, Theme  # noqa: E402
from build_graph.extract.pipeline import Pipeline  # noqa: E402
from build_graph.model import Allocation, Assignment, Bearer, BodyKind, Measure, Metadata, Role, Span  # noqa: E402

SAMPLE = Path(__file__).parent / "domains-sample.jsonl"
DATA = ROOT / "build_graph" / "data" / "domains.toml"

# The features that each choice looks at. Others were tried and did not help on documents left out.
MAIN = """heading phrase sentence body weak coverage first lead rarity title
theme|theme share|theme goal|theme carried out|theme in heading|theme beside another|theme not in heading
theme title|theme heading|theme phrase|theme sentence|theme body|theme coverage"""
FURTHER = """always|heading|later heading|section|phrase|sentence|body|weak|coverage|first|lead|support|remit
rarity|title|share|named|total|theme|theme heading|theme total|theme carried out"""
# How strongly weights are held back, and how likely a further domain must be.
MAIN_PRIOR, FURTHER_PRIOR, LIKELY = 0.2, 1.0, 0.33
FOLDS = 6  # of the sample, whose measures stand in too many documents to leave out each

USUAL, STEP, PARAGRAPHS, LONGEST = 6.5, 2, 400, 800


class Case(NamedTuple):
    """A measure with what speaks for each domain, and what is right: main domains, and all if known."""

    document: str
    group: str
    features: Features
    right: tuple[str, ...]
    every: frozenset[str] | None


def names(listed: str) -> list[str]:
    """The names of features in a list: by bars or line ends, and by blanks where there is no bar."""
    return [name for line in listed.splitlines() for name in line.split("|" if "|" in line else None)]


# --------------------------------------------------------------------------------------- reading


def annotated(path: Path, pipeline: Pipeline) -> Iterator[Case]:
    """The measures of one annotated document, as the program finds them."""
    gold = json.loads(path.read_text(encoding="utf-8"))
    text = path.parent / "documents" / f"{path.stem}.txt"
    text = text if text.exists() else path.with_suffix(".txt")
    document = pipeline.understand_file(text, encoding=None, options=Metadata())
    found = convert_to_gold(document)["measures"]
    theme = pipeline.domains.find_theme(document.text.content, document.outline.metadata.title)
    headings = {
        path: part.heading for top in document.outline.divisions for path, part in paths((top.key,), top)
    }
    for position, one in enumerate(found):
        one["position"] = position
    for right, one in align(gold["measures"], found):
        if right is None or one is None or not right.get("domains"):
            continue
        measure = document.measures[one["position"]]
        features = pipeline.domains.collect_features(
            document.text.content,
            measure,
            Surroundings(
                headings[measure.path] if len(measure.path) > 1 else None,
                headings[measure.path[:1]],
                document.outline.metadata.title,
                theme,
            ),
        )
        yield Case(path.stem, "annotated", features, (right["domains"][0],), frozenset(right["domains"]))


def paths(path: tuple[str, ...], division: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """A division and all below it, each by its path."""
    yield path, division
    for part in division.parts:
        yield from paths((*path, part.key), part)


def sampled(finder: DomainFinder) -> Iterator[Case]:
    """The measures of the sample; its folds stand for documents."""
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        content = "\n".join((one["section"], one["heading"], one["text"]))
        section = Span(0, len(one["section"]))
        heading = Span(section.end + 1, section.end + 1 + len(one["heading"]))
        features = finder.collect_features(
            content,
            sampled_measure(one, Span(heading.end + 1, len(content))),
            Surroundings(
                heading if heading else None,
                section if section else None,
                one["title"],
                Theme(*one["theme"]) if one["theme"] else None,
            ),
        )
        yield Case(f"sample {one['document'] % FOLDS}", "sample", features, tuple(one["domains"]), None)


def sampled_measure(one: dict[str, Any], span: Span) -> Measure:
    bearers = tuple(Bearer(name, span, Role.RESPONSIBLE, BodyKind.AGENCY) for name in one["bearers"])
    assignment = Assignment(span, Allocation.UNSTATED, open=False, bearers=bearers) if bearers else None
    return Measure(("s1", "c1"), one["index"], 1, "（一）", span, assignment)


# --------------------------------------------------------------------------------------- fitting


def matrix(cases: Iterable[Features], wanted: list[str]) -> list[tuple[list[str], Any]]:
    """For each case its domains and their features as rows."""
    return [
        (list(case), np.array([[said.get(name, 0.0) for name in wanted] for said in case.values()]))
        for case in cases
    ]


def fitted(loss: Callable[[Any], tuple[float, Any]], size: int, prior: float) -> Any:
    def whole(weights: Any) -> tuple[float, Any]:
        cost, slope = loss(weights)
        return cost + prior * weights @ weights, slope + 2 * prior * weights

    return minimize(whole, np.zeros(size), jac=True, method="L-BFGS-B").x


def fit_main(cases: list[Case]) -> dict[str, float]:
    """Weights under which the right domains are most likely to be the main one (a conditional logit)."""
    wanted = names(MAIN)
    rows = [
        (values, np.array([domain in case.right for domain in domains]))
        for case, (domains, values) in zip(cases, matrix((c.features for c in cases), wanted), strict=True)
    ]
    rows = [(values, right) for values, right in rows if right.any()]

    def loss(weights: Any) -> tuple[float, Any]:
        cost, slope = 0.0, np.zeros(len(wanted))
        for values, right in rows:
            scores = values @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            known = np.where(right, shares, 0.0)
            cost -= math.log(known.sum())
            slope += values.T @ (shares - known / known.sum())
        return cost, slope

    return dict(zip(wanted, fitted(loss, len(wanted), MAIN_PRIOR), strict=True))


def fit_further(cases: list[Case]) -> dict[str, float]:
    """Weights of a logistic regression: is a domain that is not the main one in the list?"""
    wanted = names(FURTHER)
    rows, right = [], []
    for case in cases:
        for domain, said in case.features.items():
            if case.every is not None and domain not in case.right:
                rows.append([said.get(name, 0.0) for name in wanted])
                right.append(float(domain in case.every))
    values, truth = np.array(rows), np.array(right)

    def loss(weights: Any) -> tuple[float, Any]:
        scores = values @ weights
        likely = 1 / (1 + np.exp(-scores))
        return float(np.logaddexp(0, scores).sum() - truth @ scores), values.T @ (likely - truth)

    weights = dict(zip(wanted, fitted(loss, len(wanted), FURTHER_PRIOR), strict=True))
    weights["always"] -= math.log(LIKELY / (1 - LIKELY))  # so that what is likely enough comes to more than 0
    return weights


# ----------------------------------------------------------------------------------- how well


def left_out(cases: list[Case], finder: DomainFinder) -> None:
    """Prints what is right in each document when it is left out of the fit."""
    hits: dict[str, Counter[str]] = defaultdict(Counter)
    for document in sorted({case.document for case in cases}):
        rest = [case for case in cases if case.document != document]
        judge = replace(finder, main=fit_main(rest), further=fit_further(rest))
        for case in cases:
            if case.document == document:
                for name in (document, case.group):
                    hits[name].update(scored(case, judge.choose_domains(case.features)))
    for name, hit in hits.items():
        rates = f"main {hit['main']}/{hit['measures']} = {hit['main'] / hit['measures']:.3f}"
        if hit["right"]:
            rates += f"   domains P {hit['both'] / hit['found']:.3f} R {hit['both'] / hit['right']:.3f}"
            rates += f" F1 {2 * hit['both'] / (hit['found'] + hit['right']):.3f}"
        print(f"{name:<16} {rates}", file=sys.stderr)


def scored(case: Case, chosen: list[str]) -> dict[str, int]:
    right = chosen[:1] and chosen[0] in case.right
    counts = {"measures": 1, "main": int(bool(right))}
    if case.every is not None:
        both = len(case.every & set(chosen))
        counts |= {"both": both, "found": len(chosen), "right": len(case.every)}
    return counts


# --------------------------------------------------------------------------------------- writing


def common(path: Path, words: DomainFinder) -> dict[str, list[str]]:
    """The words of the scheme that are met more often than usual, by minus the logarithm of how often."""
    counts: Counter[str] = Counter()
    paragraphs = 0
    for record in read_records(path):
        for paragraph in re.split(r"\n+", record["text"])[:PARAGRAPHS]:
            if len(paragraph) >= 20:
                paragraphs += 1
                counts.update(words.find_words(paragraph[:LONGEST]))
    levels: dict[str, list[str]] = defaultdict(list)
    for word, count in sorted(counts.items()):
        rarity = round(-math.log((count + 1) / paragraphs) * STEP) / STEP
        if rarity < USUAL:
            levels[f"{rarity:.1f}"].append(word)
    return dict(sorted(levels.items()))


def as_toml(main: dict[str, float], further: dict[str, float], levels: dict[str, list[str]]) -> Iterator[str]:
    yield "# Made by benchmarks/fit_domains.py: what each feature of a domain counts when the main domain"
    yield "# of a measure is chosen, and when a further one is (more than 0 says yes)."
    for table, weights in (("main", main), ("further", further)):
        yield f"\n[{table}]"
        yield from (f'"{name}" = {weight:.2f}' for name, weight in weights.items())
    yield "\n[common]"
    yield "# Words of the scheme met often, by rarity: minus the logarithm of their share of the paragraphs"
    yield "# in some 600 policy documents. A word that is not here is as rare as most."
    for level, words in levels.items():
        yield f'"{level}" = """'
        yield from (" ".join(words[at : at + 12]) for at in range(0, len(words), 12))
        yield '"""'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=Path)
    parser.add_argument("gold", type=Path, nargs="*")
    given = parser.parse_args()
    pipeline, kept = Pipeline.load(), tomllib.loads(DATA.read_text(encoding="utf-8"))
    if given.count:
        print("\n".join(as_toml(kept["main"], kept["further"], common(given.count, pipeline.domains))))
        return
    cases = [case for path in sorted(given.gold) for case in annotated(path, pipeline)]
    cases += sampled(pipeline.domains)
    left_out(cases, pipeline.domains)
    levels = {level: words.split() for level, words in kept["common"].items()}
    print("\n".join(as_toml(fit_main(cases), fit_further(cases), levels)))


if __name__ == "__main__":
    main()
