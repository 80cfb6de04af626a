"""One document in every format gives the same measures; what cannot be read says so in one line."""

from __future__ import annotations

import gzip
import io
import sys
import tomllib
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from types import SimpleNamespace

import pytest
import writers
from docx.document import Document as Word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from places import TESTS
from understanding import pipeline

from build_graph.errors import MissingExtraError, ObligationError
from build_graph.model import Document, Input, Metadata, Role, Source
from build_graph.text.formats.docx import read_docx
from build_graph.text.formats.docx_numbering import format_number
from build_graph.text.formats.html import read_html
from build_graph.text.formats.kinds import Kind, UnreadableError
from build_graph.text.formats.limits import LimitError, ReadingLimits
from build_graph.text.formats.pdf import read_pdf
from build_graph.text.formats.task_tables import Cell, TableWriter
from build_graph.text.inputs import IgnoredFile, InputReader

HERE = TESTS
CASE = tomllib.loads((HERE / "cases" / "formats.toml").read_text(encoding="utf-8"))
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "pages").glob("*.html"))}
MARKS = {1: iter("一二"), 2: iter("一二一二")}
LINES = [
    {0: "", 1: "{}、", 2: "（{}）"}[level].format(next(MARKS[level]) if level else "") + text
    for level, text in CASE["lines"]
]
HEAD = [CASE["title"], CASE["number"]]
CLAUSE = "一、任务\n（一）加强管理。推进改革工作，完善制度。（商务部、财政部）\n"


def understood(source: Source) -> Document:
    return pipeline().understand(source)


def bearers(document: Document) -> list[list[str]]:
    """The bearers of each measure that has any, those that lead with a star."""
    attributed = [measure.bearers for measure in document.measures if measure.bearers]
    return [[b.name + "*" * (b.role is Role.LEAD) for b in measure] for measure in attributed]


def put(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def sources(path: Path, limits: ReadingLimits = ReadingLimits()) -> list[Source]:  # noqa: B008  (immutable)
    found = list(InputReader(limits).read(path))
    assert all(isinstance(one, Input) for one in found), found
    return [one.source for one in found if isinstance(one, Input)]


def fault(path: Path, limits: ReadingLimits = ReadingLimits()) -> str:  # noqa: B008  (immutable)
    """The one line that says why there is no document."""
    (found,) = InputReader(limits).read(path)
    assert isinstance(found, ObligationError), found
    assert str(found).isprintable()
    assert str(found).startswith(str(path)) or str(found).startswith(path.name), found
    return str(found)


# ---------------------------------------------------------------------- one document, every format


def page(skeleton: str, style: str) -> str:
    """The document on a page of a site; `style` is how its editor parts paragraphs."""
    one = {
        "paragraphs": lambda line: f'<p style="text-indent: 2em">{line}</p>\n',
        "breaks": lambda line: f"{line}<br><br>\n",
        "Word": lambda line: (
            f'<p class="MsoNormal"><span style="font-family:仿宋"><span>{line[:9]}</span></span>'
            f"<span>{line[9:]}</span></p>"
        ),
    }[style]
    content = "".join(one(escape(line)) for line in LINES) + writers.html_table(CASE["table"])
    text = PAGES[skeleton].replace("{{content}}", content)
    for name in ("title", "number", "issuer", "date"):
        text = text.replace(f"{{{{{name}}}}}", CASE[name])
    return text


def plain_word(document: Word) -> None:
    for line in [*HEAD, *LINES]:
        document.add_paragraph(line)
    writers.add_table(document, CASE["table"])


def numbered_word(document: Word) -> None:
    """一、 and （一） are Word's own numbers, and stand in no paragraph."""
    numbers = writers.add_list(document)
    for line in HEAD:
        document.add_paragraph(line)
    for level, text in CASE["lines"]:
        if level:
            writers.add_numbered(document, text, numbers, level - 1)
        else:
            document.add_paragraph(text)
    writers.add_table(document, CASE["table"])


def text_with_table() -> str:
    rows = [[Cell((words,)) for words in row] for row in CASE["table"]]
    return "\n".join([*HEAD, *LINES, *TableWriter.load().format_lines(rows)])


FORMATS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "text": lambda: ("a.txt", text_with_table().encode()),
    "DOCX": lambda: ("a.docx", writers.word(plain_word)),
    "DOCX with Word's numbers": lambda: ("a.docx", writers.word(numbered_word)),
    "PDF": lambda: ("a.pdf", writers.pdf([*HEAD, *LINES], CASE["table"], "滨河市人民政府公报")),
    "JSON Lines": lambda: ("a.jsonl", writers.json_lines({"text": text_with_table()})),
    "gzip": lambda: ("a.jsonl.gz", gzip.compress(writers.json_lines({"text": text_with_table()}))),
    "ZIP": lambda: ("a.zip", writers.archive({"dir/a.html": page("province-trs", "breaks").encode()})),
    "GBK": lambda: (
        "a.htm",
        page("gov-cn-2015", "Word").replace("charset=utf-8", "charset=gb2312").encode("gbk"),
    ),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_measures(form: str, tmp_path: Path) -> None:
    name, data = FORMATS[form]()
    (source,) = sources(put(tmp_path, name, data))
    document = understood(source)
    assert bearers(document) == CASE["bearers"]
    metadata = document.outline.metadata
    assert (metadata.title, metadata.number) == (CASE["title"], CASE["number"])
    plain = understood(Source("a", text_with_table(), "utf-8"))
    assert words(document) == words(plain)


def words(document: Document) -> list[str]:
    return ["".join(measure.span.extract(document.text.content).split()) for measure in document.measures]


@pytest.mark.parametrize("style", ["paragraphs", "breaks", "Word"])
@pytest.mark.parametrize("skeleton", PAGES)
def test_pages_of_every_site(skeleton: str, style: str) -> None:
    """Every line of the document is there, in order, with its tables; what stands around it is not."""
    content = read_html(page(skeleton, style).encode(), "a.html", ReadingLimits()).content
    at = 0
    for line in LINES:
        at = content.index(line.strip("　"), at)
    assert CASE["title"] in content
    assert [word for word in CASE["around"] if word in content] == []
    assert bearers(understood(Source("a.html", content, "utf-8"))) == CASE["bearers"]


@pytest.mark.parametrize("skeleton", PAGES)
def test_short_and_doubled_lines_stay(skeleton: str) -> None:
    """What libraries drop as boilerplate: short lines, lines that stand there twice, lines of links."""
    lines = [
        "一、监管",
        "（一）巡查",
        "责任单位：市公安局",
        "（二）抽查",
        "责任单位：市公安局",
        "二、服务",
        "（一）培训",
    ]
    body = "".join(f"<p>{line}</p>" for line in lines)
    body += "<p>（二）落实<a>《条例》</a><a>《办法》</a><a>《细则》</a>。（<a>市司法局</a>负责）</p>"
    text = PAGES[skeleton].replace("{{content}}", body)
    content = read_html(text.encode(), "a.html", ReadingLimits()).content
    assert "\n".join([*lines, "（二）落实《条例》《办法》《细则》。（市司法局负责）"]) in content


def test_page_that_shows_no_sign_is_kept_whole() -> None:
    text = "<body><div class='menu'><p>甲乙丙丁</p></div><p>今天天气很好。</p><p>我们去公园。</p></body>"
    assert read_html(text.encode(), "a.html", ReadingLimits()).content == "今天天气很好。\n我们去公园。\n"


INLINE = {
    "words are not broken by tags": (
        "<p><span>商务</span><b>部</b>、<font>财政\n部</font></p>",
        "商务部、财政部",
    ),
    "indents and blanks stay": ("<p>　　中共中央&nbsp;国务院</p>", "　　中共中央\xa0国务院"),
    "lines end at breaks": ("<div>甲方<br/>乙方</div>", "甲方\n乙方"),
    "lines end at line breaks of <pre>": ("<pre>甲方\n  乙方</pre>", "甲方\n乙方"),
    "lists are numbered": ("<ol start=3><li>甲方</li><li>乙方</li></ol>", "3．甲方\n4．乙方"),
    "numbers stand only once": ("<ol><li>一、甲方</li></ol>", "一、甲方"),
    "glosses and notes go": ("<p><ruby>甲<rt>jiǎ</rt></ruby>方<sup><a href='#1'>[1]</a></sup></p>", "甲方"),
    "hidden words go": ("<p>甲<span style='display: none'>隐</span>方<span hidden>藏</span></p>", "甲方"),
    "entities": ("<p>&ldquo;互联网+&rdquo;&#20225;</p>", "“互联网+”企"),
    "only hidden words": ("<div style='display:none'><p>甲方</p></div>", "甲方"),
}


@pytest.mark.parametrize("what", INLINE)
def test_inline(what: str) -> None:
    body, expected = INLINE[what]
    assert (
        read_html(f"<html><body>{body}</body></html>".encode(), "a.html", ReadingLimits()).content
        == expected + "\n"
    )


def test_what_a_graph_says_of_the_source(tmp_path: Path) -> None:
    """Kind, encoding and name of what the text was taken from."""
    made = {
        form: sources(put(tmp_path, *FORMATS[form]()))[0] for form in ("DOCX", "PDF", "GBK", "ZIP", "gzip")
    }
    assert {form: (s.name, s.encoding, s.media) for form, s in made.items()} == {
        "DOCX": ("a.docx", "", Kind.DOCX.media),
        "PDF": ("a.pdf", "", "application/pdf"),
        "GBK": ("a.htm", "gb18030", "text/html"),
        "ZIP": ("a.zip/dir/a.html", "utf-8", "text/html"),
        "gzip": ("a.jsonl.gz:1", "utf-8", "application/json"),
    }


# ------------------------------------------------------------------------------------- DOCX


def lines_of(write: Callable[[Word], None]) -> list[str]:
    return read_docx(writers.word(write), "a.docx", ReadingLimits()).content.splitlines()


def test_word_counts_as_word_does() -> None:
    """A deeper level starts anew behind a shallower one; styles number; a legal level is in digits."""

    def write(document: Word) -> None:
        numbers = writers.add_list(document)
        for level in (0, 1, 1, 2, 2, 0, 1, 2):
            writers.add_numbered(document, "甲", numbers, level)
        styled = document.add_paragraph("乙", style="Heading 1")
        styled.style.element.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="{numbers}"/></w:numPr>')
        )

    assert lines_of(write) == [
        "一、甲",
        "（一）甲",
        "（二）甲",
        "1.甲",
        "2.甲",
        "二、甲",
        "（一）甲",
        "1.甲",
        "三、乙",
    ]


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (21, "chineseCounting", "二十一"),
        (10, "chineseCountingThousand", "十"),
        (105, "chineseCountingThousand", "一百零五"),
        (12, "ideographDigital", "一二"),
        (3, "ideographTraditional", "丙"),
        (4, "decimalEnclosedCircle", "④"),
        (14, "lowerRoman", "xiv"),
        (5, "decimalZero", "05"),
        (11, "chineseLegalSimplified", "壹拾壹"),
        (7, "noSuchFormat", "7"),
    ],
)
def test_numbers_of_word(number: int, form: str, expected: str) -> None:
    assert format_number(number, form) == expected


def test_tracked_changes_notes_and_boxes() -> None:
    """What was put in stays, what was taken out goes; a text box is read once, hidden text not at all."""

    def write(document: Word) -> None:
        xml = {
            "ins": "<w:r><w:t>新增</w:t></w:r>",
            "del": "<w:r><w:delText>删去</w:delText></w:r>",
            "smartTag": "<w:r><w:t>改革</w:t></w:r>",
            "r": "<w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t>",
        }
        paragraph = document.add_paragraph("推进")
        for name, inner in xml.items():
            mark = ' w:id="1" w:author="a"' if name in ("ins", "del") else ""
            paragraph._p.append(parse_xml(f"<w:{name} {nsdecls('w')}{mark}>{inner}</w:{name}>"))
        paragraph.add_run("。\t（财政部）")
        document.sections[0].header.paragraphs[0].text = "页眉"
        box = "<w:txbxContent><w:p><w:r><w:t>滨河市人民政府文件</w:t></w:r></w:p></w:txbxContent>"
        document.add_paragraph()._p.append(
            parse_xml(
                f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
                f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
                "</mc:AlternateContent></w:r>"
            )
        )

    assert lines_of(write) == ["推进新增改革。\t（财政部）", "滨河市人民政府文件"]


def test_cells_merged_downwards() -> None:
    def write(document: Word) -> None:
        table = writers.add_table(document, [*CASE["table"], ["", "加强宣传。", "", "市司法局", ""]])
        table.cell(2, 0).merge(table.cell(3, 0))
        table.cell(2, 2).merge(table.cell(3, 2))

    assert lines_of(write)[-3:] == ["加强宣传。", "牵头单位：市公安局", "责任单位：市司法局"]


# -------------------------------------------------------------------------------------- PDF


def test_wrapped_lines_are_joined_and_headers_go() -> None:
    """Over several pages every paragraph is one line again, and nothing else is there."""
    long = [f"（{mark}）{LINES[3][3:]}" for mark in "一二三四五六七八九十"] * 2
    text = read_pdf(
        writers.pdf([CASE["title"], *long], header="公报 第3期"), "a.pdf", ReadingLimits()
    ).content
    assert text.splitlines() == [CASE["title"], *long]


def test_table_over_two_pages_is_one() -> None:
    rows = [[str(number), *CASE["table"][1][1:]] for number in range(1, 40)]
    text = read_pdf(writers.pdf([CASE["title"]], [CASE["table"][0], *rows]), "a.pdf", ReadingLimits()).content
    assert text.count("牵头单位：市商务局") == len(rows)
    assert text.count("序号") == 1


def test_page_that_is_a_picture_is_reported() -> None:
    """Among pages with text a scanned one stands as lost characters, which repairs report as damage."""
    source = read_pdf(writers.picture_pdf(text=CLAUSE), "a.pdf", ReadingLimits())
    assert source.content.splitlines()[-1] == "\ufffd"


# -------------------------------------------------------------------------------- containers


def test_json_lines_give_metadata_and_name_bad_lines(tmp_path: Path) -> None:
    data = (
        writers.json_lines(
            {"id": "甲-1", "title": "关于商业的通知", "number": "滨政发〔2021〕1号", "text": CLAUSE},
            {"id": "甲-1", "text": CLAUSE},
            {"title": None, "number": None, "text": f"{CLAUSE}\ud800"},
        )
        + b'\n{"text": 1}\n{"text": "a"\n\xff\n{"text": "b", "title": []}\n{"text": " "}\n'
    )
    found = list(InputReader().read(put(tmp_path, "a.jsonl", data)))
    inputs = [one for one in found if isinstance(one, Input)]
    assert [one.source.name for one in inputs] == ["a.jsonl:甲-1", "a.jsonl:2", "a.jsonl:3"]
    assert inputs[0].given == Metadata(title="关于商业的通知", number="滨政发〔2021〕1号")
    assert inputs[2].source.content.endswith("\ufffd")
    faults = [str(one).partition(";")[0] for one in found if isinstance(one, ObligationError)]
    assert faults == [
        "a.jsonl:5: holds no text",
        "a.jsonl:6: is no JSON (Expecting ',' delimiter, column 13)",
        "a.jsonl:7: byte 0 is not UTF-8",
        "a.jsonl:8: title is no text",
        "a.jsonl:9: its text is blank",
    ]


class WindowsInfo(zipfile.ZipInfo):
    """A member whose name is written in GBK, as Chinese Windows does without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  (zipfile's name)
        return self.filename.encode("gbk"), self.flag_bits


def test_names_in_archives(tmp_path: Path) -> None:
    """Chinese Windows writes names in GBK; macOS adds files of its own; archives nest."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(WindowsInfo("政策/通知.txt"), CLAUSE)
        packed.writestr("包.zip", writers.archive({"b.txt": CLAUSE.encode()}))
        packed.writestr("__MACOSX/._通知.txt", b"\0")
        packed.writestr("c.xls", b"")
    found = list(InputReader().read(put(tmp_path, "a.zip", file.getvalue())))
    names = [one.source.name for one in found if isinstance(one, Input)]
    assert names == ["a.zip/包.zip/b.txt", "a.zip/政策/通知.txt"]
    assert [one for one in found if not isinstance(one, Input)] == [IgnoredFile("a.zip/c.xls")]


def test_folder(tmp_path: Path) -> None:
    """Documents in order of their names, each with its sidecar; the other files are counted."""
    for name in ("b.txt", "in/a.html", "c.doc", ".hidden.txt", "~$b.docx"):
        put(tmp_path, name, CLAUSE.encode())
    sidecar = put(tmp_path, "b.toml", b'number = "1"')
    found = list(InputReader().read(tmp_path))
    inputs = [one for one in found if isinstance(one, Input)]
    assert [(one.source.name, one.sidecar) for one in inputs] == [("b.txt", sidecar), ("in/a.html", None)]
    assert IgnoredFile("c.doc") in found
    assert len(found) == 3


def test_one_document_within_a_file(tmp_path: Path) -> None:
    """Every name that is shown can be given as a path."""
    put(tmp_path, "a.zip", writers.archive({"x/b.txt": CLAUSE.encode(), "c.txt": CLAUSE.encode()}))
    put(tmp_path, "d.jsonl", writers.json_lines({"text": CLAUSE}, {"id": 7, "text": CLAUSE}))
    for name in ("a.zip/x/b.txt", "d.jsonl:1", "d.jsonl:7"):
        assert InputReader().read_one(tmp_path / name).source.name == name
    with pytest.raises(UnreadableError, match=r"a\.zip/no\.txt: there is no such document in a\.zip"):
        InputReader().read_one(tmp_path / "a.zip" / "no.txt")
    with pytest.raises(
        UnreadableError, match=r"holds several documents; name one of them, e\.g\. .*a\.zip/c\.txt"
    ):
        InputReader().read_one(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("data", "name"),
    [(CLAUSE.encode("gb18030"), "-"), (writers.archive({"a.txt": CLAUSE.encode()}), "-/a.txt")],
)
def test_standard_input(data: bytes, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    (source,) = sources(Path("-"))
    assert (source.name, source.content) == (name, CLAUSE)


# ----------------------------------------------------------------------------------- refusals

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "scanned PDF": (
        "a.pdf",
        writers.picture_pdf(),
        "is a scanned PDF without text; run it through text recog",
    ),
    "damaged PDF": ("a.pdf", b"%PDF-1.7\n1 0 obj\n", "is a damaged PDF"),
    "old Word": ("a.doc", OLE, "is an old Word document (DOC); open it in Word"),
    "Word under a password": (
        "a.docx",
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "is protected by a password",
    ),
    "picture": ("a.txt", b"\x89PNG\r\n\x1a\n", "is a PNG picture"),
    "RTF": ("a.doc", b"{\\rtf1 a}", "is an RTF document"),
    "Excel": ("a.zip", writers.archive({"xl/workbook.xml": b""}), "is an Excel workbook"),
    "damaged ZIP": ("a.zip", writers.archive({"a.txt": CLAUSE.encode()})[:-30], "is a damaged ZIP file"),
    "damaged gzip": ("a.txt.gz", gzip.compress(CLAUSE.encode())[:-9], "is damaged"),
    "empty DOCX": ("a.docx", writers.word(lambda document: None), "holds no text"),
    "page of scripts": (
        "a.html",
        b"<html><body><script>load()</script></body></html>",
        "the page holds no text",
    ),
    "empty": ("a.html", b"", "is empty"),
    "tar": ("a.txt", b"a" + bytes(300), "is binary"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_in_one_line(what: str, tmp_path: Path) -> None:
    name, data, reason = REFUSED[what]
    assert reason in fault(put(tmp_path, name, data))


def test_password_of_an_archive(tmp_path: Path) -> None:
    data = bytearray(writers.archive({"a.txt": CLAUSE.encode()}))
    data[6] |= 1  # the flag in the member's own head ...
    data[data.index(b"PK\x01\x02") + 8] |= 1  # ... and in the archive's directory
    (found,) = InputReader().read(put(tmp_path, "a.zip", bytes(data)))
    assert str(found).startswith("a.zip/a.txt: is protected by a password")


def test_password_of_a_pdf(tmp_path: Path) -> None:
    assert "is protected by a password" in fault(
        put(tmp_path, "a.pdf", writers.pdf(["密"], password="secret"))
    )


@pytest.mark.parametrize(("name", "extra"), [("a.html", "html"), ("a.docx", "docx"), ("a.pdf", "pdf")])
def test_missing_extra(name: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library, one line says what to install; text is read all the same."""
    for module in ("lxml", "lxml.etree", "pdfplumber"):
        monkeypatch.setitem(sys.modules, module, None)
    data = {"html": b"<html>", "docx": writers.word(plain_word), "pdf": writers.pdf(["甲"])}[extra]
    (found,) = InputReader().read(put(tmp_path, name, data))
    assert isinstance(found, MissingExtraError)
    reads = f"{name}: reading {extra.upper()} needs an extra; run: pip install 'obligation-graph[{extra}]'"
    assert str(found) == f"{reads} (or [all])"
    assert sources(put(tmp_path, "a.txt", CLAUSE.encode()))


# -------------------------------------------------------------------------------------- bombs

MANY = 100_000
NAMESPACE = nsdecls("w")


def word_part(xml: str, encoding: str = "utf-8") -> bytes:
    """A DOCX whose text is this XML."""
    return writers.archive({"[Content_Types].xml": b"", "word/document.xml": xml.encode(encoding)})


def laughs(encoding: str = "utf-8") -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    declared = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE d [<!ENTITY a0 "哈">{entities}]>'
    return word_part(f"{declared}<w:document {NAMESPACE}>&a9;</w:document>", encoding)


def nested() -> bytes:
    data = CLAUSE.encode()
    for name in ("a.txt", *["a.zip"] * 5):
        data = writers.archive({name: data})
    return data


BOMBS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "elements within elements": ("a.html", lambda: b"<div>" * MANY, "nested more than 1,000 deep"),
    "tags within tags": ("a.html", lambda: b"<p>" + b"<b>" * MANY + b"a", "nested more than 1,000 deep"),
    "attributes": ("a.html", lambda: b"<p " + b'a=">" ' * MANY + b">", "more than 1,000 attributes"),
    "XML entities": ("a.docx", laughs, "defines entities"),
    "XML entities in UTF-32": ("a.docx", lambda: laughs("utf-32"), "defines entities"),
    "XML entities in UTF-16": ("a.docx", lambda: laughs("utf-16"), "defines entities"),
    "XML entities in UTF-7": ("a.docx", lambda: laughs("utf-7"), "defines entities"),
    "a part that inflates": ("a.docx", lambda: word_part(" " * 9_000_000), "unpacks to more than 200 times"),
    "ZIP": ("a.zip", lambda: writers.archive({"a.txt": bytes(9_000_000)}), "unpacks to more than 200 times"),
    "gzip": ("a.jsonl.gz", lambda: gzip.compress(bytes(9_000_000)), "unpacks to more than 200 times"),
    "archives within archives": ("a.zip", nested, "archives within archives more than 3 deep"),
    "JSON": ("a.jsonl", lambda: b'{"text":' + b"[" * MANY, "is no JSON (nested too deep)"),
    "digits": ("a.jsonl", lambda: b'{"text":' + b"1" * 5_000, "is no JSON (a number has more than 4,300"),
}


@pytest.mark.parametrize("what", BOMBS)
def test_bombs_are_refused(what: str, tmp_path: Path) -> None:
    name, make, reason = BOMBS[what]
    (found,) = InputReader().read(put(tmp_path, name, make()))
    assert isinstance(found, ObligationError)
    assert reason in str(found)
    assert str(found).isprintable()


LIMITED: dict[str, tuple[str, bytes, ReadingLimits]] = {
    "--max-size": ("a.txt", CLAUSE.encode(), ReadingLimits(max_size=50)),
    "--max-size of a line": ("a.jsonl", writers.json_lines({"text": CLAUSE}), ReadingLimits(max_size=50)),
    "--max-size of a part": ("a.docx", writers.word(plain_word), ReadingLimits(max_size=1000)),
    "--max-size of a PDF": ("a.pdf", writers.pdf(["甲"]), ReadingLimits(max_size=100)),
    "--max-total": (
        "a.zip",
        writers.archive({f"{n}.txt": CLAUSE.encode() for n in "ab"}),
        ReadingLimits(max_total=60),
    ),
    "--max-members": (
        "a.zip",
        writers.archive({f"{n}.txt": b"" for n in "ab"}),
        ReadingLimits(max_members=1),
    ),
    "--max-nesting": ("a.zip", writers.archive({"a.txt": b""}), ReadingLimits(max_nesting=0)),
    "--max-depth": ("a.html", b"<html><body><p><b>a", ReadingLimits(max_depth=3)),
}


@pytest.mark.parametrize("what", LIMITED)
def test_every_limit_names_its_option(what: str, tmp_path: Path) -> None:
    name, data, limits = LIMITED[what]
    found = list(InputReader(limits).read(put(tmp_path, name, data)))
    assert isinstance(found[0], LimitError)
    assert f"give a higher {what.partition(' ')[0]}" in str(found[0])


# ------------------------------------------------------------------------------------- tables


def test_heads_of_tables() -> None:
    """A head over two rows, a rule of rank in it, a group that spans rows, a row that is a heading."""
    rows = [
        [
            Cell(("类别",), rows=2),
            Cell(("重点任务",), rows=2),
            Cell(("责任单位", "（列首位的牵头）"), columns=2),
        ],
        [Cell(("牵头",)), Cell(("配合",))],
        [Cell(("一、服务",), rows=2), Cell(("推进改革。",)), Cell(("甲局",)), Cell(("乙局", "丙局"))],
        [Cell(("优化流程。",)), Cell(("丁局",)), Cell(("/",))],
        [Cell(("二、监管",), columns=4)],
        [Cell(("",)), Cell(("开展检查。",)), Cell(("戊局、", "己局")), Cell(("",))],
    ]
    assert TableWriter.load().format_lines(rows) == [
        *["责任单位（列首位的牵头）", "类别", "重点任务", "牵头单位", "配合单位"],
        *["一、服务", "推进改革。", "牵头单位：甲局", "配合单位：乙局、丙局"],
        *["优化流程。", "牵头单位：丁局", "二、监管", "开展检查。", "牵头单位：戊局、己局"],
    ]


def test_table_of_figures_is_written_cell_by_cell() -> None:
    rows = [[Cell(("指标",)), Cell(("2025年",))], [Cell(("增速",)), Cell(("7%", "以上"))]]
    assert TableWriter.load().format_lines(rows) == ["指标", "2025年", "增速", "7%", "以上"]
