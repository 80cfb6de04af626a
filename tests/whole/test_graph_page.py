"""docs/graph.md lists every class of the first document's graph with its true numbers."""

from __future__ import annotations

from class_table import PAGE, PASSAGE, count_first_document, fill_rows, list_rows


def test_every_class_has_a_row_with_its_numbers() -> None:
    page, counts = PAGE.read_text(encoding="utf-8"), count_first_document()
    assert sorted(list_rows(page)) == sorted(counts)
    assert fill_rows(page, counts) == page, "python tests/support/class_table.py"
    assert f"has {sum(number for _, number in counts.values()):,} statements" in page
    assert counts[PASSAGE][1] == 5 * counts[PASSAGE][0]
