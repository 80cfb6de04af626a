"""Spans and the way back to the source."""

from __future__ import annotations

import pytest

from build_graph.model import Source, Span
from build_graph.text.repairs import repair


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_and_columns_hold_for_every_line_end(newline: str) -> None:
    """A repaired position has the line and column at which an editor shows it in the file."""
    text = repair(Source("-", f"一、任务{newline}電子商業(yè)發(fā)展", "utf-8"))
    assert text.content == "一、任务\n电子商业发展"
    places = [text.find_line_column(position) for position in range(len(text.content))]
    assert places[2:4] == [(1, 3), (1, 4)]
    assert places[5:] == [(2, 1), (2, 2), (2, 3), (2, 4), (2, 9), (2, 14)]


def test_stripped_span_keeps_its_place() -> None:
    text = "甲　 乙丙 \n"
    assert Span(1, 7).strip(text).extract(text) == "乙丙"
    assert len(Span(1, 3).strip(text)) == 0


def test_a_span_holds_spans_and_no_numbers() -> None:
    """Though it is a tuple of two numbers, what is in it is what lies within it."""
    assert Span(2, 4) in Span(1, 4)
    assert Span(0, 2) not in Span(1, 4)
    assert not Span(1, 4).__contains__(1)
