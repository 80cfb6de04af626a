"""Texts made to be hard: each takes one thing that a rule looks for and repeats it, to `size` characters."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from itertools import product

Make = Callable[[int], str]


def repeated(unit: str, before: str = "一、发展。\n", after: str = "") -> Make:
    """`unit` again and again, after `before`, which makes it a document."""

    def make(size: int) -> str:
        return before + unit * (size // len(unit)) + after

    return make


def _bodies(before: str, after: str) -> Make:
    """A list of bodies that are all different: 东东东县商务局、东东南县商务局、…"""
    places = ["".join(place) for place in product("东南西北中山河江湖海林田平安宁和新兴广丰", repeat=3)]
    return lambda size: before + "、".join(f"{place}县商务局" for place in places[: size // 8]) + after


def _nested(openers: str, closers: str) -> Make:
    """Brackets within brackets within brackets."""
    return lambda size: (
        f"一、发展。{openers * (size // 2 // len(openers))}{closers * (size // 2 // len(closers))}"
    )


def _numbered(size: int) -> str:
    """Items that carry on their numbers."""
    return "\n".join(f"{i % 999 + 1}.发展经济。" for i in range(size // 8))


INPUTS: dict[str, Make] = {
    # brackets and quotes
    "open brackets": repeated("（", "一、"),
    "nested brackets": _nested("（", "）"),
    "nested brackets of all kinds": _nested("（〔【[(", ")]】〕）"),
    "brackets with nothing in them": repeated("()"),
    "brackets opened behind words": repeated("（甲（", after="）"),
    "brackets with numbers": repeated("（一"),
    "points": repeated("（1分）"),
    "open titles": repeated("《", "", "\n一、发展。"),
    "open titles in a clause": repeated("《"),
    "open quotes": repeated("“"),
    "straight quotes": repeated('"甲'),
    # numbering
    "sections": repeated("一、", ""),
    "sections on lines": repeated("一、\n", ""),
    "articles": repeated("第一条", "一、"),
    "articles on lines": repeated("第一条 发展经济。\n", ""),
    "clauses": repeated("（一）", "一、"),
    "clauses on lines": repeated("（一）发展。\n", ""),
    "items": repeated("1.", "一、"),
    "items on lines": _numbered,
    "every level": repeated("第一章 总则\n第一节 甲\n一、乙\n第一条 丙\n（一）丁\n1.戊\n", ""),
    "ordinals": repeated("一是发展二是"),
    "full-width numbers": repeated("１．"),
    "attachments": repeated("附件：1.发展 "),
    # attributions
    "labels": repeated("责任单位："),
    "labels on lines": repeated("责任单位：\n"),
    "labels with a body": repeated("责任单位：商务部；"),
    "labels with a body on lines": repeated("责任单位：商务部\n"),
    "labels behind tasks": repeated("发展经济。责任单位：商务部\n"),
    "bodies in brackets": _bodies("一、发展。（", "负责）"),
    "bodies on a line": _bodies("一、发展。\n责任单位：", "\n"),
    "attributions side by side": repeated("（商务部、财政部负责）"),
    "attributions": repeated("发展经济。（商务部、财政部负责）"),
    "bodies joined by 和": repeated("商务部和财政部", "一、发展。\n责任单位："),
    "和": repeated("和财", "一、发展。\n责任单位："),
    "会同": repeated("商务部会同财政部", "一、发展。\n责任单位："),
    "supporting bodies": repeated("商务部，财政部配合，", "一、发展。\n责任单位："),
    "等": repeated("等", "一、发展。\n责任单位："),
    "shared ends": repeated("北海、", "一、发展。（", "钦州市人民政府负责）"),
    "rank rules": repeated("排在第一位为牵头，", "一、发展。（", "）"),
    "defaults": repeated("以下均需商务部落实，不再列出，", "一、发展。（", "）"),
    "defaults and measures": repeated(
        "\n发展经济。（财政部）", "一、发展。（以下均需商务部、市场监管总局落实，不再列出）"
    ),
    "marks of leads": repeated("△", "一、发展。\n责任单位：", "商务部"),
    "table rows": repeated("1\t发展经济\t商务部\t财政部\t2024年底\n"),
    "table cells": repeated(
        "发展经济\n商务部\n财政部\n2024年底\n", "一、发展\n序号\n重点任务\n牵头单位\n责任单位\n完成时限\n"
    ),
    "norms and bodies": lambda size: (
        f"一、发展。{'推动发展。' * (size // 10)}（{'商务部、' * min(size // 8, 4_000)}财政部负责）"
    ),
    # words
    "no marks at all": repeated("推动电子商务发展和加强网络建设以及"),
    "stops": repeated("。"),
    "commas": repeated("，甲"),
    "list marks": repeated("甲、"),
    "digits": repeated("1"),
    "grouped digits": repeated("1,111"),
    "letters": repeated("a"),
    "addresses": repeated("http://a.b/?"),
    "dates": repeated("到2020年底前"),
    "years": repeated("2020年"),
    "citations": repeated("《发展〔2015〕24号》"),
    "document numbers": repeated("国发〔2015〕24号"),
    "places": repeated("江西省南昌市东湖区", "江西省人民政府的意见\n一、发展。\n责任单位：", "商务局"),
    "issuers": repeated("国务院。国务院\n", "国务院关于发展的意见\n国发〔2015〕24号\n一、发展。\n"),
    "signatures": repeated("2015年5月4日\n", "国务院关于发展的意见\n", "一、发展。\n"),
    "addressees": repeated("各省、", "国务院关于发展的意见\n", "：\n一、发展。\n"),
    "preambles": repeated("为贯彻落实《发展》，", "国务院关于发展的意见\n", "\n一、发展。\n"),
    # lines and blanks
    "short lines": repeated("发展\n"),
    "empty lines": repeated("\n", after="甲"),
    "carriage returns": repeated("\r", after="甲"),
    "blanks": repeated(" ", after="发展经济。（1分"),
    "blanks between characters": repeated("发 展　"),
    "indents": repeated("　", "一、发展。发", "（甲"),
    "wrapped words": repeated("食品药品监 管总局"),
    # damage
    "holes": repeated("電(diàn)子商務發(fā)展?jié)摿?,提升"),
    "questions": repeated("业(yè)务什么?,"),
    "question marks": repeated("?", "一、业(yè)务"),
    "swallowed glosses": repeated("?jié)", "一、业(yè)务"),
    "glossed letters": repeated("?a),A(yè)", "一、业(yè)务"),
    "bare question marks": repeated("展?发", "一、业(yè)务"),
    "glosses": repeated("(yè)", "一、业"),
    "glossed words": repeated("電(diàn)子商務", "一、"),
    "Traditional script": repeated("發展電子商務，促進經濟發展。"),
    "著": repeated("發展著"),
    "invisible characters": repeated("\x00\u200b\u202e发"),
    "lone surrogates": repeated("\ud800发"),
    "lost characters": repeated("\ufffd发"),
    "radicals": repeated("⻄⼯"),
    "rare characters": repeated("\U0002f800\U00020000"),
    "combining characters": repeated("a\u0301"),
    "entities": repeated("&#x41;"),
    "entities without an end": repeated("&amp"),
    "entities escaped again and again": repeated("amp;", "一、发展。&", "lt;"),
}


# What the rules for norms, targets, domains, people concerned and citations look for.
UNITS = (
    *("鼓励企业，", "支持可", "通过技术，", "放宽、", "参加培训的人员，", "并", "（】"),
    *("到2020年，", "2010年，", "达到1%、", "约", "6月底", "9"),
    *("电子商务，", "旅游、", "电", "在", "发展旅游。", "市场监管部门"),
    *("）", "企业）", "企业、", "平台x", "的企业", "对企业的平台", "支持柳州市、", "区内的企业", "鼓励"),
    *("《甲法》（", "《甲法》（以下简称《乙》）《乙》", "根据《甲法》，"),
)
INPUTS |= {unit: repeated(unit) for unit in UNITS}
INPUTS |= {f"{unit} as a goal": repeated(unit, "一、主要目标\n") for unit in UNITS}

_SECONDS, _BYTES = 150, 4 << 30  # of the processor, ten times what they take, and of memory


def main() -> None:
    """Understand each of the inputs given as NAME=SIZE, and print its name when it is done.

    All together are bound: what grows with the square of its length takes many times as long.
    """
    from soundness import understood_text

    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    for argument in sys.argv[1:]:
        name, _, size = argument.rpartition("=")
        understood_text(INPUTS[name](int(size)))
        print(name, flush=True)


if __name__ == "__main__":
    main()
