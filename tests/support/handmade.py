"""A small document made by hand: one of each thing that a document can hold."""

from datetime import date

from build_graph.model import (
    Allocation,
    Assignment,
    Audience,
    Bearer,
    Body,
    BodyKind,
    Damage,
    Division,
    Document,
    Domain,
    Level,
    Measure,
    Metadata,
    Norm,
    NormKind,
    Outline,
    RejectedBracket,
    Repair,
    Role,
    Source,
    Span,
    Target,
    Text,
)

CONTENT = """杭州市人民政府关于发展电子商务的意见
各区、县人民政府：
一、主要目标
到2020年，网络零售额达到1,200.5亿元，普及率、覆盖率分别达到90%、百分之七十五。
二、主要任务
（一）降低门槛。
清理前置审批事项，严禁违法设定行政许可。鼓励企业"走出去"\\外贸。（商务部牵头，市商务局配合）
可以减免费用，2015年底前完成。（有关部门、市商务局等部门按职责分工分别负责）
各部门要抓好落实（另行通知）。𠮷
"""
SOURCE = CONTENT.replace("审批", "审(shěn)批").replace("零售", "?；")

MOFCOM = Body("mofcom", BodyKind.AGENCY, "商务部", known=True)
HANGZHOU = Body("浙江省/杭州市/商务局", BodyKind.AGENCY, "杭州市商务局", known=False)
RELEVANT = Body("有关部门", BodyKind.GROUP, "有关部门", known=True)


def at(words: str, after: str = "") -> Span:
    """Where `words` stand first behind the first `after`."""
    start = CONTENT.index(words, CONTENT.index(after))
    return Span(start, start + len(words))


def between(first: str, last: str) -> Span:
    """From the start of `first` to the end of the next `last`."""
    return Span(at(first).start, at(last, first).end)


def document() -> Document:
    """The document, understood."""
    return Document(
        id="杭政-2015-1",
        text=_text(),
        outline=Outline(_metadata(), _divisions(), clauses=2),
        jurisdiction="浙江省/杭州市",
        issuers=(Body("杭州市人民政府", BodyKind.AGENCY, "杭州市人民政府", known=False),),
        measures=(_goals(), _first(), _second(), _closing()),
        refused=(RejectedBracket(at("另行通知"), "it names no body"),),
    )


def _metadata() -> Metadata:
    return Metadata(
        title="杭州市人民政府关于发展电子商务的意见",
        number="杭政〔2015〕1号",
        issuers=("杭州市人民政府",),
        issued=date(2015, 5, 4),
        addressees=("各区、县人民政府",),
    )


def _text() -> Text:
    """Two holes closed (零售), one gloss stripped behind 审."""
    hole, gloss = SOURCE.index("?；"), SOURCE.index("(shěn)")
    back = gloss  # the repaired position of what follows the gloss: both changes before it keep the length
    return Text(
        content=CONTENT,
        source=Source("杭政.txt", SOURCE, "gb18030"),
        repairs=(
            Repair("close_holes", Span(hole, hole + 2), Span(hole, hole + 2), "?；", "零售"),
            Repair("strip_glosses", Span(gloss, gloss + 6), Span(back, back), "(shěn)", ""),
        ),
        damages=(Damage(at("𠮷"), "a hole that no proof closes"),),
        starts=(0, back),
        shifts=(0, 6),
    )


def _divisions() -> tuple[Division, ...]:
    clause = Division(
        Level.CLAUSE,
        "（一）",
        "c1",
        1,
        between("（一）", "负责）\n"),
        at("降低门槛"),
        between("清理", "负责）\n"),
    )
    return (
        Division(
            Level.SECTION,
            "一、",
            "s1",
            1,
            between("一、", "七十五。\n"),
            at("主要目标"),
            between("到2020年", "七十五。"),
            goal=True,
        ),
        Division(
            Level.SECTION,
            "二、",
            "s2",
            2,
            between("二、", "负责）\n"),
            at("主要任务"),
            Span(clause.span.start, clause.span.start),
            parts=(clause,),
        ),
        Division(Level.CLOSING, None, "end", 0, between("各部门要", "。"), None, between("各部门要", "。")),
    )


def _goals() -> Measure:
    span = between("到2020年", "七十五。")
    return Measure(
        ("s1",),
        1,
        1,
        None,
        span,
        goal=True,
        targets=(
            Target(between("到2020年", "亿元"), date(2020, 12, 31), "1,200.5亿元"),
            Target(between("普及率", "七十五"), None, "90%、百分之七十五"),
        ),
        domains=(Domain("e-commerce", (at("网络零售"),)),),
    )


def _first() -> Measure:
    return Measure(
        ("s2", "c1"),
        1,
        2,
        "（一）",
        between("清理", "外贸。"),
        Assignment(
            at("商务部牵头，市商务局配合"),
            Allocation.JOINT,
            open=False,
            bearers=(
                Bearer("商务部", at("商务部"), Role.LEAD, BodyKind.AGENCY, MOFCOM),
                Bearer("市商务局", at("市商务局"), Role.SUPPORT, BodyKind.AGENCY, HANGZHOU),
            ),
        ),
        norms=(
            Norm(at("清理前置审批事项"), NormKind.OBLIGATION),
            Norm(at("严禁违法设定行政许可"), NormKind.PROHIBITION, at("严禁")),
            Norm(at('鼓励企业"走出去"\\外贸'), NormKind.ENCOURAGEMENT, at("鼓励")),
        ),
        audiences=(Audience("企业", at("企业")),),
        domains=(
            Domain("administrative-reform", (at("审批"), at("行政许可"))),
            Domain("e-commerce", ()),
        ),
    )


def _second() -> Measure:
    words = "有关部门、市商务局等部门按职责分工分别负责"
    return Measure(
        ("s2", "c1"),
        2,
        2,
        "（一）",
        between("可以减免", "完成。"),
        Assignment(
            at(words),
            Allocation.DIVIDED,
            open=True,
            bearers=(
                Bearer("有关部门", at("有关部门"), Role.RESPONSIBLE, BodyKind.GROUP, RELEVANT),
                Bearer("市商务局", at("市商务局", words), Role.RESPONSIBLE, BodyKind.AGENCY, HANGZHOU),
            ),
        ),
        norms=(Norm(at("可以减免费用"), NormKind.PERMISSION, at("可以")),),
        targets=(Target(at("2015年底前"), date(2015, 12, 31), None),),
        audiences=(Audience("企业", at("企业")),),
        domains=(Domain("budget", (at("减免"),)),),
    )


def _closing() -> Measure:
    span = between("各部门要", "落实")
    return Measure(("end",), 1, None, None, span, norms=(Norm(at("抓好落实"), NormKind.OBLIGATION),))
