"""The table of properties: the kind of their values, their labels, and how many of them a thing has.

Everything that writes or reads a graph by its properties goes by this table: the emission formats values by
it (`graph.emit`), a document is restored by it (`query.restore`), the JSON-LD context and the columns of
exported tables take their datatypes from it, and tests hold the shapes and the ontology to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from build_graph.graph.statements import (
    Term,
    boolean,
    date_literal,
    decimal,
    expand,
    integer,
    iri,
    literal,
    true_or_none,
    zh_literal,
)
from build_graph.vocabulary import XSD


class Kind(StrEnum):
    """A kind of values, with the Python value that stands for each."""

    NODE = "node"  # an IRI, as a string
    TERM = "term"  # a term of a vocabulary, by its prefixed name
    TEXT = "text"  # words in no language, as printed
    LABEL = "label"  # words in a language; a string is in Chinese
    INTEGER = "integer"
    DECIMAL = "decimal"  # its digits, as a string
    BOOLEAN = "boolean"
    TRUE = "true"  # a boolean that is given only where it is true
    DATE = "date"  # datetime.date; a year alone in the registry of bodies

    @property
    def datatype(self) -> str | None:
        """The IRI of the datatype of such literals; None for IRIs and words in a language."""
        return _DATATYPES.get(self)


_DATATYPES = {
    Kind.TEXT: f"{XSD}string",
    Kind.INTEGER: f"{XSD}integer",
    Kind.DECIMAL: f"{XSD}decimal",
    Kind.BOOLEAN: f"{XSD}boolean",
    Kind.TRUE: f"{XSD}boolean",
    Kind.DATE: f"{XSD}date",
}

_FORMATTERS: Mapping[Kind, Callable[[Any], Term | None]] = {
    Kind.NODE: iri,
    Kind.TERM: expand,
    Kind.TEXT: literal,
    Kind.LABEL: zh_literal,
    Kind.INTEGER: integer,
    Kind.DECIMAL: decimal,
    Kind.BOOLEAN: boolean,
    Kind.TRUE: true_or_none,
    Kind.DATE: date_literal,
}


class Count(StrEnum):
    """A number of values of a property that a thing has, as in regular expressions."""

    ONE = ""
    OPTIONAL = "?"
    SOME = "+"
    ANY = "*"


ONE, OPTIONAL, SOME, ANY = Count


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its prefixed name, its values, its labels, and how many a thing of each class has."""

    name: str
    kind: Kind
    english: str
    chinese: str
    of: Mapping[str, Count]  # by class

    @property
    def formatter(self) -> Callable[[Any], Term | None]:
        """The function that turns a value into a term; None for a value that is not given."""
        return _FORMATTERS[self.kind]


_DIVISIONS = ("ob:Section", "ob:Clause", "ob:Closing")
_NORMS = ("ob:Obligation", "ob:Prohibition", "ob:Permission", "ob:Encouragement")
_FLAWS = ("ob:Damage", "ob:RefusedBracket")
_PASSAGE = "nif:RFC5147String"  # what a passage is by its IRI; graphs do not state it of each
_NAMED = ("skos:Concept", "ob:LocalFunction")
_BODY, _EVENT, _TRANSFER = "org:FormalOrganization", "org:ChangeEvent", "ob:FunctionTransfer"


def _each(classes: tuple[str, ...], count: Count) -> dict[str, Count]:
    return dict.fromkeys(classes, count)


def _property(name: str, kind: Kind, english: str, chinese: str, of: Mapping[str, Count]) -> Property:
    return Property(name, kind, english, chinese, MappingProxyType(of))


_TABLE = (
    _property("rdf:type", Kind.TERM, "class", "类", {}),  # of everything but passages
    # ------------------------------------------------------------------------------ documents
    _property(
        "dcterms:title",
        Kind.LABEL,
        "title",
        "标题",
        {"eli:LegalResource": OPTIONAL, "skos:ConceptScheme": ANY},
    ),
    _property("dcterms:conformsTo", Kind.NODE, "conforms to", "符合", {"eli:LegalResource": ONE}),
    _property("eli:id_local", Kind.TEXT, "number", "文号", {"eli:LegalResource": OPTIONAL}),
    _property("eli:date_document", Kind.DATE, "date", "成文日期", {"eli:LegalResource": OPTIONAL}),
    _property("eli:passed_by", Kind.NODE, "issuer", "发文机关", {"eli:LegalResource": ANY}),
    _property("eli:jurisdiction", Kind.NODE, "jurisdiction", "行政区域", {"eli:LegalResource": OPTIONAL}),
    _property(
        "ob:issuerAsWritten", Kind.TEXT, "issuer as written", "发文机关原文", {"eli:LegalResource": OPTIONAL}
    ),
    _property("ob:addressedTo", Kind.TEXT, "addressed to", "主送机关", {"eli:LegalResource": ANY}),
    _property("eli:cites", Kind.NODE, "cites", "引用文件", {"eli:LegalResource": ANY}),
    _property("eli:based_on", Kind.NODE, "based on", "依据", {"eli:LegalResource": ANY}),
    _property(
        "ob:titleKey", Kind.TEXT, "title key", "标题键", {"eli:LegalResource": ANY, "ob:Citation": ANY}
    ),
    # --------------------------------------------------------------- the text and its reading
    _property("eli:realizes", Kind.NODE, "realizes", "实现", {"eli:LegalExpression": ONE}),
    _property("nif:isString", Kind.TEXT, "text", "全文", {"eli:LegalExpression": ONE}),
    _property(
        "ob:sha256", Kind.TEXT, "SHA-256", "SHA-256 校验值", {"eli:LegalExpression": ONE, "prov:Entity": ONE}
    ),
    _property("prov:wasDerivedFrom", Kind.NODE, "derived from", "来源", {"eli:LegalExpression": ONE}),
    _property("prov:wasGeneratedBy", Kind.NODE, "generated by", "生成于", {"eli:LegalExpression": ONE}),
    _property("ob:hasCoverage", Kind.NODE, "has coverage", "覆盖情况", {"eli:LegalExpression": ONE}),
    _property("ob:hasDamage", Kind.NODE, "has damage", "含损坏", {"eli:LegalExpression": ANY}),
    _property(
        "ob:hasRefusedBracket",
        Kind.NODE,
        "has refused bracket",
        "含未采纳的括注",
        {"eli:LegalExpression": ANY},
    ),
    _property(
        "schema:name",
        Kind.TEXT,
        "name",
        "名称",
        {"prov:Entity": ONE, "prov:SoftwareAgent": ONE, "ob:Repair": ONE},
    ),
    _property("dcterms:format", Kind.NODE, "format", "格式", {"prov:Entity": ONE}),
    _property("ob:encoding", Kind.TEXT, "encoding", "编码", {"prov:Entity": OPTIONAL}),
    _property("prov:used", Kind.NODE, "used", "使用", {"prov:Activity": ONE}),
    _property("prov:wasAssociatedWith", Kind.NODE, "associated with", "执行程序", {"prov:Activity": ONE}),
    _property("ob:allChanges", Kind.TEXT, "all changes", "全部改动", {"prov:Activity": OPTIONAL}),
    _property(
        "ob:givenSha256",
        Kind.TEXT,
        "SHA-256 of what was given",
        "给定信息的 SHA-256 值",
        {"prov:Activity": OPTIONAL},
    ),
    _property(
        "ob:rulesSha256", Kind.TEXT, "SHA-256 of the rules", "规则的 SHA-256 值", {"prov:Activity": OPTIONAL}
    ),
    _property(
        "ob:registrySha256",
        Kind.TEXT,
        "SHA-256 of the registry",
        "机构名录的 SHA-256 值",
        {"prov:Activity": OPTIONAL},
    ),
    _property("ob:hasRepair", Kind.NODE, "has repair", "含修复", {"prov:Activity": ANY}),
    _property("schema:softwareVersion", Kind.TEXT, "version", "版本", {"prov:SoftwareAgent": ONE}),
    _property("ob:count", Kind.INTEGER, "count", "次数", {"ob:Repair": ONE}),
    _property("ob:hasChange", Kind.NODE, "has change", "含改动", {"ob:Repair": ANY}),
    _property("ob:before", Kind.TEXT, "before", "改动前", {"ob:Change": ONE}),
    _property("ob:after", Kind.TEXT, "after", "改动后", {"ob:Change": ONE}),
    _property("ob:sourceStart", Kind.INTEGER, "source start", "源文件起点", {"ob:Change": ONE}),
    _property("ob:sourceEnd", Kind.INTEGER, "source end", "源文件终点", {"ob:Change": ONE}),
    _property("ob:reason", Kind.TEXT, "reason", "原因", _each((*_FLAWS, "ob:UnreadStretch"), ONE)),
    *(
        _property(
            f"ob:{what}Characters", Kind.INTEGER, f"{what} characters", f"{chinese}字数", {"ob:Coverage": ONE}
        )
        for what, chinese in (
            ("structure", "结构"),
            ("measure", "措施"),
            ("attribution", "责任分工"),
            ("principle", "原则"),
            ("unread", "未读"),
        )
    ),
    _property("ob:hasUnreadStretch", Kind.NODE, "has unread stretch", "含未读文字", {"ob:Coverage": ANY}),
    # --------------------------------------------------------------- the parts of a document
    _property(
        "eli:is_part_of", Kind.NODE, "part of", "所属部分", {**_each(_DIVISIONS, ONE), "ob:Measure": ONE}
    ),
    _property("eli:number", Kind.TEXT, "mark", "序号", _each(_DIVISIONS, OPTIONAL)),
    _property("ob:ordinal", Kind.INTEGER, "ordinal", "序数", _each(_DIVISIONS, OPTIONAL)),
    _property("ob:heading", Kind.TEXT, "heading", "标题文字", _each(_DIVISIONS, OPTIONAL)),
    _property("ob:bodyStart", Kind.INTEGER, "body start", "正文起点", _each(_DIVISIONS, ONE)),
    _property("ob:statesPrinciples", Kind.TRUE, "states principles", "表述原则", _each(_DIVISIONS, OPTIONAL)),
    _property(
        "ob:statesGoals",
        Kind.TRUE,
        "states goals",
        "表述目标",
        {**_each(_DIVISIONS, OPTIONAL), "ob:Measure": OPTIONAL},
    ),
    _property(
        "ob:layoutInferred",
        Kind.TRUE,
        "layout inferred",
        "版式推断",
        {**_each(_DIVISIONS, OPTIONAL), "ob:Measure": OPTIONAL},
    ),
    _property("ob:statedIn", Kind.NODE, "stated in", "载于", {"ob:Measure": ONE}),
    _property("ob:index", Kind.INTEGER, "index", "次序", {"ob:Measure": ONE}),
    _property(
        "ob:text",
        Kind.TEXT,
        "text",
        "原文",
        {"ob:Measure": ONE, **_each(_NORMS, ONE), "ob:Target": ONE},
    ),
    # ---------------------------------------------------------------------- who answers
    _property("ob:responsibleAgency", Kind.NODE, "responsible agency", "责任机构", {"ob:Measure": ANY}),
    _property("ob:responsibleGroup", Kind.NODE, "responsible group", "责任机构类别", {"ob:Measure": ANY}),
    _property("ob:hasAssignment", Kind.NODE, "has assignment", "责任分工为", {"ob:Measure": OPTIONAL}),
    _property("ob:allocation", Kind.TERM, "allocation", "分工方式", {"ob:Measure": OPTIONAL}),
    _property("ob:openList", Kind.BOOLEAN, "open list", "列举未尽", {"ob:Measure": OPTIONAL}),
    _property("ob:hasBearer", Kind.NODE, "has bearer", "含责任主体", {"ob:ResponsibilityAssignment": SOME}),
    _property("ob:hasRider", Kind.NODE, "has rider", "含附注", {"ob:ResponsibilityAssignment": ANY}),
    _property("ob:assignedTo", Kind.NODE, "assigned to", "由其承担", {"ob:BearerStatement": ONE}),
    _property("ob:role", Kind.TERM, "role", "角色", {"ob:BearerStatement": ONE}),
    _property(
        "ob:rank", Kind.INTEGER, "rank", "排序", {"ob:BearerStatement": ONE, "ob:DomainStatement": ONE}
    ),
    _property(
        "ob:asWritten",
        Kind.TEXT,
        "as written",
        "原文写法",
        {
            "ob:ResponsibilityAssignment": ONE,
            "ob:BearerStatement": ONE,
            "ob:Rider": ONE,
            "ob:AudienceStatement": ONE,
            "ob:Citation": ONE,
            "schema:QuantitativeValue": ONE,
        },
    ),
    _property(
        "ob:inferred",
        Kind.TRUE,
        "inferred",
        "系推断",
        {
            "ob:ResponsibilityAssignment": OPTIONAL,
            "ob:BearerStatement": OPTIONAL,
            "ob:DomainStatement": OPTIONAL,
        },
    ),
    _property("ob:riderKind", Kind.TERM, "rider kind", "附注类别", {"ob:Rider": ONE}),
    # -------------------------------------------------------------------- what is to be done
    _property("ob:hasNorm", Kind.NODE, "has norm", "含规范", {"ob:Measure": ANY}),
    _property("ob:cue", Kind.TEXT, "cue", "标志词", _each(_NORMS, OPTIONAL)),
    _property("ob:kindEvidence", Kind.NODE, "evidence of kind", "类别依据", _each(_NORMS, OPTIONAL)),
    _property("ob:hasTarget", Kind.NODE, "has target", "含指标", {"ob:Measure": ANY}),
    _property("ob:due", Kind.DATE, "due", "截止日期", {"ob:Target": OPTIONAL, "ob:Rider": OPTIONAL}),
    _property("ob:quantity", Kind.NODE, "quantity", "数量", {"ob:Target": ANY}),
    _property("schema:value", Kind.DECIMAL, "value", "数值", {"schema:QuantitativeValue": OPTIONAL}),
    _property("schema:unitText", Kind.TEXT, "unit", "单位", {"schema:QuantitativeValue": OPTIONAL}),
    # --------------------------------------------------------------------- about what, for whom
    _property("dcterms:subject", Kind.NODE, "domain", "领域", {"ob:Measure": ANY}),
    _property("ob:mainDomain", Kind.NODE, "main domain", "主要领域", {"ob:Measure": OPTIONAL}),
    _property("ob:hasDomain", Kind.NODE, "has domain statement", "含领域陈述", {"ob:Measure": ANY}),
    _property("ob:domain", Kind.NODE, "domain", "领域", {"ob:DomainStatement": ONE}),
    _property("dcterms:audience", Kind.NODE, "audience", "对象", {"ob:Measure": ANY}),
    _property("ob:hasAudience", Kind.NODE, "has audience statement", "含对象陈述", {"ob:Measure": ANY}),
    _property("ob:audience", Kind.NODE, "audience", "对象为", {"ob:AudienceStatement": ONE}),
    # -------------------------------------------------------------------------- citations
    _property(
        "ob:hasCitation",
        Kind.NODE,
        "has citation",
        "含引用",
        {"eli:LegalResource": ANY, **_each(_DIVISIONS, ANY), "ob:Measure": ANY},
    ),
    _property("ob:citedDocument", Kind.NODE, "cited document", "所引文件", {"ob:Citation": ONE}),
    _property("ob:citedTitle", Kind.LABEL, "cited title", "所引标题", {"ob:Citation": OPTIONAL}),
    _property("ob:citedNumber", Kind.TEXT, "cited number", "所引文号", {"ob:Citation": OPTIONAL}),
    # ---------------------------------------------------------------------------- evidence
    _property(
        "ob:hasEvidence",
        Kind.NODE,
        "has evidence",
        "依据",
        {
            **_each((*_DIVISIONS, "ob:Measure", *_NORMS, "ob:Target"), ONE),
            **_each(("ob:ResponsibilityAssignment", "ob:BearerStatement", "ob:Rider"), ONE),
            **_each(("ob:AudienceStatement", "ob:Citation", "ob:Change", "ob:UnreadStretch"), ONE),
            **_each(_FLAWS, ONE),
            "ob:DomainStatement": ANY,
        },
    ),
    _property("nif:beginIndex", Kind.INTEGER, "start", "起点", {_PASSAGE: ONE}),
    _property("nif:endIndex", Kind.INTEGER, "end", "终点", {_PASSAGE: ONE}),
    _property("nif:anchorOf", Kind.TEXT, "words", "原文", {_PASSAGE: ONE}),
    _property("nif:referenceContext", Kind.NODE, "text", "所在文本", {_PASSAGE: ONE}),
    _property("ob:sourcePosition", Kind.TEXT, "source position", "源文件行列", {_PASSAGE: ONE}),
    # ---------------------------------------------------------- what documents share
    _property(
        "rdfs:label",
        Kind.LABEL,
        "label",
        "名称",
        {
            "eli:LegalResource": OPTIONAL,
            **_each(_DIVISIONS, OPTIONAL),
            "ob:TargetGroup": ONE,
            "schema:AdministrativeArea": ONE,
            _EVENT: ANY,
            _TRANSFER: ANY,
        },
    ),
    _property(
        "skos:prefLabel",
        Kind.LABEL,
        "name",
        "名称",
        {**_each((_BODY, "ob:AgencyGroup", *_NAMED), SOME), "skos:ConceptScheme": SOME},
    ),
    _property("skos:altLabel", Kind.LABEL, "other name", "别名", {_BODY: ANY, "skos:Concept": ANY}),
    _property("ob:resolved", Kind.BOOLEAN, "resolved", "已识别", {_BODY: OPTIONAL}),
    _property("ob:jurisdiction", Kind.NODE, "jurisdiction", "所属地区", {_BODY: OPTIONAL}),
    _property("ob:agencyKind", Kind.TERM, "agency kind", "机构性质", {_BODY: OPTIONAL}),
    _property("ob:administeredBy", Kind.NODE, "administered by", "由其管理", {_BODY: ANY}),
    _property("ob:localFunction", Kind.NODE, "local function", "地方职能", {_BODY: ANY}),
    _property("ob:answersTo", Kind.NODE, "answers to", "对口", {_BODY: ANY}),
    _property("ob:counterpart", Kind.NODE, "counterpart", "对口机构", {"ob:LocalFunction": ANY}),
    _property("ob:validFrom", Kind.DATE, "valid from", "设立时间", {_BODY: OPTIONAL}),
    _property("ob:validTo", Kind.DATE, "valid to", "终止时间", {_BODY: OPTIONAL}),
    _property("org:originalOrganization", Kind.NODE, "original organisation", "原机构", {_EVENT: SOME}),
    _property("org:resultingOrganization", Kind.NODE, "resulting organisation", "新机构", {_EVENT: SOME}),
    _property("ob:fromAgency", Kind.NODE, "from agency", "划出机构", {_TRANSFER: ONE}),
    _property("ob:toAgency", Kind.NODE, "to agency", "划入机构", {_TRANSFER: SOME}),
    _property("dcterms:date", Kind.DATE, "date", "日期", {_EVENT: ONE, _TRANSFER: ONE}),
    _property("ob:function", Kind.LABEL, "function", "职能", {_TRANSFER: SOME}),
    _property("org:subOrganizationOf", Kind.NODE, "part of", "隶属", {_BODY: ANY}),
    _property("skos:hiddenLabel", Kind.LABEL, "name for searches", "检索名", _each(_NAMED, ANY)),
    _property("skos:definition", Kind.LABEL, "definition", "定义", {"skos:Concept": ANY}),
    _property("skos:broader", Kind.NODE, "broader domain", "上位领域", {"skos:Concept": OPTIONAL}),
    _property("skos:inScheme", Kind.NODE, "in scheme", "所属体系", _each(_NAMED, ONE)),
    _property("skos:topConceptOf", Kind.NODE, "top concept of", "顶层概念", {"skos:Concept": OPTIONAL}),
    _property("rdfs:comment", Kind.LABEL, "comment", "说明", {_BODY: ANY}),
    _property("dcterms:description", Kind.LABEL, "description", "描述", {"skos:ConceptScheme": ANY}),
    _property(
        "dcterms:source",
        Kind.LABEL,
        "source",
        "出处",
        _each((_BODY, _EVENT, _TRANSFER, "skos:ConceptScheme"), ANY),
    ),
)

PROPERTIES: Mapping[str, Property] = MappingProxyType({one.name: one for one in _TABLE})
