"""The formats of an export, with the names and media types of their files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

MEDIA_TYPES = {  # by the ending of a file's name
    "ttl": "text/turtle",
    "trig": "application/trig",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "graphml": "application/xml",
    "gexf": "application/xml",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "sh": "application/x-sh",
    "md": "text/markdown",
}


class ExportFormat(StrEnum):
    """The formats of an export."""

    TTL = "ttl"
    TRIG = "trig"
    NT = "nt"
    NQ = "nq"
    JSONLD = "jsonld"
    RDFXML = "rdfxml"
    GRAPHML = "graphml"
    GEXF = "gexf"
    CSV = "csv"
    PARQUET = "parquet"
    NEO4J = "neo4j-csv"

    @classmethod
    def detect(cls, path: Path) -> ExportFormat | None:
        """Return the format of a file by the ending of its name, or None for an unknown ending.

        Formats that are folders are not told by a name.

        >>> ExportFormat.detect(Path("graph.RDF")), ExportFormat.detect(Path("graph.csv"))
        (<ExportFormat.RDFXML: 'rdfxml'>, None)
        """
        ending = path.suffix.lower().removeprefix(".")
        return next((form for form in cls if form.ending == ending and not form.is_folder), None)

    @property
    def is_folder(self) -> bool:
        """True if an export is a folder of files, not one file."""
        return self in (ExportFormat.CSV, ExportFormat.PARQUET, ExportFormat.NEO4J)

    @property
    def keeps_graphs(self) -> bool:
        """True if statements stay in their named graphs; the other formats merge them."""
        return self in (ExportFormat.TRIG, ExportFormat.NQ)

    @property
    def ending(self) -> str:
        """The ending of a file's name.

        >>> ExportFormat.RDFXML.ending
        'rdf'
        """
        return "rdf" if self is ExportFormat.RDFXML else self.value


def find_media_type(name: str) -> str:
    """Return the media type of a file by the ending of its name.

    >>> find_media_type("graph.nt")
    'application/n-triples'
    """
    return MEDIA_TYPES[name.rpartition(".")[2]]
