"""The layout of a corpus: shards follow from the set of documents, and one document more changes little."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from build_graph.graph.store.layout import LIMIT, NAME, find_part_name, format_part_name, hash_iri, split

HASHES = st.sets(
    st.one_of(
        st.integers(0, 2**256 - 1),
        st.integers(0, 40),  # alike in all but their last bits
        st.integers(0, 40).map(lambda number: number << 250),
    ),
    max_size=60,
).map(lambda found: sorted(f"{number:064x}" for number in found))


def tree(hashes: list[str], limit: int, node: str = "") -> list[tuple[str, list[str]]]:
    """The leaves of the tree as they are defined."""
    inside = [one for one in hashes if f"{int(one, 16):0256b}".startswith(node)]
    if len(inside) > limit:
        return [leaf for bit in "01" for leaf in tree(inside, limit, node + bit)]
    return [(node, inside)] if inside else []


@given(HASHES, st.integers(1, 9))
def test_shards_are_the_leaves_of_the_tree(hashes: list[str], limit: int) -> None:
    assert list(split(hashes, str, limit)) == tree(hashes, limit)


@given(HASHES, st.integers(1, 9))
def test_names_sort_as_documents_do_and_lead_to_them(hashes: list[str], limit: int) -> None:
    found = {format_part_name(bits): inside for bits, inside in split(hashes, str, limit)}
    assert list(found) == sorted(found)
    assert all(NAME.fullmatch(name) for name in found)
    for name, inside in found.items():
        assert {find_part_name(one, found) for one in inside} == {name}


@given(HASHES, st.integers(1, 9), st.integers(0, 2**256 - 1).map("{:064x}".format))
def test_one_more_changes_one_shard_or_splits_it(hashes: list[str], limit: int, more: str) -> None:
    before = dict(split([one for one in hashes if one != more], str, limit))
    after = dict(split(sorted({*hashes, more}), str, limit))
    changed = [bits for bits, inside in after.items() if before.get(bits) != inside]
    gone = [bits for bits in before if bits not in after]
    assert sum(len(after[bits]) for bits in changed) <= limit + 1
    assert len(gone) <= 1
    assert all(bits.startswith(gone[0]) for bits in changed if gone)


def test_only_a_shard_is_held_of_any_number_of_documents() -> None:
    drawn: list[int] = []

    def hashes() -> Iterator[str]:
        for number in range(20 * LIMIT):
            drawn.append(number)
            yield f"{number << 244:064x}"

    for number, (_, inside) in enumerate(split(hashes(), str), start=1):
        assert len(drawn) <= number * LIMIT + LIMIT + 1
        assert len(inside) <= LIMIT


def test_hashes_are_those_of_the_iri_in_utf_8() -> None:
    iri = "https://w3id.org/obligation-graph/id/document/国发-2015-24"
    assert hash_iri(iri) == "b50ac94c17e553d2b5477e00db0c13f883b01d74e9269e6df75be6aecd242968"
