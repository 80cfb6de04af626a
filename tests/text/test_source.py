"""Text of every encoding, and refusing with one clear line what is no text."""

from __future__ import annotations

import opencc
import pytest
from places import TESTS

from build_graph.errors import ObligationError
from build_graph.text.formats.encoding import decode_leniently, decode_text
from build_graph.text.formats.kinds import UnreadableError

DOCUMENTS = TESTS / "gold" / "documents"
TEXT = (DOCUMENTS / "fengong-009.txt").read_text(encoding="utf-8")
TRADITIONAL = opencc.OpenCC("s2tw").convert(TEXT).encode("cp950", "ignore").decode("cp950")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("length", [40, 400, len(TEXT)])
def test_encoding_is_told(encoding: str, length: int) -> None:
    source = decode_text(TEXT[:length].encode(encoding), "a.txt")
    assert source.content == TEXT[:length]
    assert source.name == "a.txt"
    assert source.encoding == encoding


@pytest.mark.parametrize("length", [40, 400, len(TRADITIONAL)])
def test_big5_is_told_from_gb18030(length: int) -> None:
    source = decode_text(TRADITIONAL[:length].encode("cp950"), "a.txt")
    assert (source.content, source.encoding) == (TRADITIONAL[:length], "cp950")


def test_line_ends_stay_as_they_came() -> None:
    assert decode_text("一、总则\r\n二、附则\r".encode(), "a.txt").content == "一、总则\r\n二、附则\r"


def test_named_encoding_goes_first_and_means_the_wider_one() -> None:
    assert decode_text("镕基、堃".encode("gbk"), "a.txt", encoding="GB2312").content == "镕基、堃"
    assert decode_text("中文".encode("utf-16-le"), "a.txt", encoding="utf-16-le").content == "中文"


REFUSED = {
    "empty": (b"", "is empty"),
    "white space": (b" \r\n\t", "is empty"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is blank"),
    "ideographic spaces": ("\u3000\u3000\n".encode(), "is blank"),
    "zeros": (b"\x00\x01\x02\x03" * 50, "is binary"),
    "no Chinese encoding": (
        "経済産業省は法律の施行に必要な規定を".encode("shift_jis"),
        "byte 0 (line 1) is not UTF-8",
    ),
    "one broken byte": ("一、总则\n二、".encode() * 40 + b"\xff", "byte 760 (line 41) is not UTF-8"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_in_one_line(kind: str) -> None:
    data, reason = REFUSED[kind]
    with pytest.raises(UnreadableError) as refusal:
        decode_text(data, "notice.txt")
    message = str(refusal.value)
    assert message.startswith("notice.txt: ")
    assert reason in message
    assert "\n" not in message
    assert isinstance(refusal.value, ObligationError)


@pytest.mark.parametrize(
    ("data", "encoding", "reason"),
    [
        ("中文".encode(), "no-such", "no-such is no encoding"),
        (b"abc", "hex", "hex is no encoding"),
        ("关于".encode("gb18030") + b"\n\xff\xff", "gb18030", "a.txt:2: byte 5 is not gb18030"),
    ],
)
def test_named_encoding_that_does_not_fit(data: bytes, encoding: str, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        decode_text(data, "a.txt", encoding=encoding)


def test_two_encodings_that_fit_alike_are_not_guessed_between() -> None:
    data = "单场".encode("gb18030") * 20
    assert data.decode("cp950") == "等部" * 20
    with pytest.raises(UnreadableError, match=r"may be .* or .*; say which with --encoding"):
        decode_text(data, "a.txt")


def test_what_a_page_says_of_its_encoding_is_believed_up_to_a_few_bytes() -> None:
    """A page in GBK with one broken character is read; one that says something wrong is refused."""
    source = decode_leniently("关于电子商务的通知".encode("gbk") * 20 + b"\xff", "a.html", "gb2312")
    assert source.content.endswith("通知\ufffd")
    with pytest.raises(UnreadableError, match="is not gb18030, as it says"):
        decode_leniently("关于电子商务的通知".encode("big5", "ignore") + b"\xff\xff", "a.html", "gb2312")
