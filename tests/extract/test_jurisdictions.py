"""Where documents hold: `cases/jurisdictions.toml`, and the list of divisions."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest
from places import TESTS

from build_graph.extract.agencies.jurisdictions import (
    UNKNOWN,
    Gazetteer,
    Jurisdiction,
    Scope,
    find_jurisdiction,
    locate_document,
)
from build_graph.model import Metadata

CASES: dict[str, dict[str, str]] = tomllib.loads(
    (TESTS / "cases" / "jurisdictions.toml").read_text(encoding="utf-8")
)


@cache
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def shown(jurisdiction: Jurisdiction) -> str:
    return jurisdiction.path or jurisdiction.reach.value


@pytest.mark.parametrize(("issuer", "place"), CASES["issuers"].items())
def test_issuers(issuer: str, place: str) -> None:
    assert shown(find_jurisdiction(issuer, None, None, gazetteer=gazetteer())) == place


@pytest.mark.parametrize(("title", "place"), CASES["titles"].items())
def test_titles(title: str, place: str) -> None:
    assert shown(find_jurisdiction(None, title, None, gazetteer=gazetteer())) == place


@pytest.mark.parametrize(("number", "place"), CASES["numbers"].items())
def test_numbers(number: str, place: str) -> None:
    assert shown(find_jurisdiction(None, None, number, gazetteer=gazetteer())) == place


@pytest.mark.parametrize(("text", "place"), CASES["texts"].items())
def test_texts(text: str, place: str) -> None:
    """Addressees, first words and signature, where the document says nothing else of itself."""
    sent_to = tuple(line.rstrip("：") for line in text.split("\n") if line.endswith("："))
    assert shown(locate_document(Metadata(addressees=sent_to), text, gazetteer=gazetteer())) == place


def test_the_issuer_goes_first_then_the_title_then_the_number() -> None:
    title, number = "江西省人民政府关于某事的通知", "粤府〔2018〕23号"
    assert find_jurisdiction("商务部", title, number, gazetteer=gazetteer()).reach is Scope.CENTRE
    assert find_jurisdiction("市人民政府", title, number, gazetteer=gazetteer()).path == "江西省"
    assert find_jurisdiction("市人民政府", "某事的通知", number, gazetteer=gazetteer()).path == "广东省"
    assert find_jurisdiction(None, None, None, gazetteer=gazetteer()) == UNKNOWN


def test_the_title_tells_which_county_of_the_name_is_meant() -> None:
    found = find_jurisdiction("鼓楼区人民政府", "南京市鼓楼区人民政府关于某事的通知", None)
    assert found.places == ("江苏省", "南京市", "鼓楼区")


def test_the_divisions() -> None:
    """34 provinces and the Corps, and what lies below."""
    assert len(gazetteer().children[()]) == 35
    assert sum(len(below) for place, below in gazetteer().children.items() if len(place) == 2) > 2500


def test_the_short_names_of_two_provinces_are_never_one() -> None:
    """Beside a province of the name (吉林, 海南) there may be a prefecture; the province goes first."""
    several = [paths for paths in gazetteer().shorts.values() if len({path[0] for path in paths}) > 1]
    assert several
    assert all(sum(len(path) == 1 for path in paths) == 1 for paths in several)


@pytest.mark.parametrize(
    ("words", "within", "place", "rest"),
    [
        ("和平区政府", ("辽宁省", "沈阳市"), ("辽宁省", "沈阳市", "和平区"), "政府"),
        ("和平区政府", (), (), "和平区政府"),
        ("江西省九江市濂溪区政府", (), ("江西省", "九江市", "濂溪区"), "政府"),
        ("杭州市新名区人民政府", (), ("浙江省", "杭州市", "新名区"), "人民政府"),
        ("黔南州政府", (), ("贵州省", "黔南布依族苗族自治州"), "政府"),
        ("商务局", ("浙江省", "杭州市"), (), "商务局"),
    ],
)
def test_places_at_the_beginning_of_words(
    words: str, within: tuple[str, ...], place: tuple[str, ...], rest: str
) -> None:
    assert gazetteer().split_leading(words, within) == (place, rest)


@pytest.mark.parametrize("words", ["关于" * 500_000, "、" * 1_000_000, "省" * 200_000, "中共" * 200_000])
def test_endless_words_are_read_in_no_time(words: str) -> None:
    assert find_jurisdiction(words, words, words, gazetteer=gazetteer()).reach is Scope.UNKNOWN
    assert locate_document(Metadata(), words, gazetteer=gazetteer()).reach is Scope.UNKNOWN
