"""The formats of an export: what each is called, and what files of it are."""

from __future__ import annotations

from enum import StrEnum

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
    """What a graph can be exported as."""

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

    @property
    def is_folder(self) -> bool:
        """Whether an export is a folder of files, not one file."""
        return self in (ExportFormat.CSV, ExportFormat.PARQUET, ExportFormat.NEO4J)

    @property
    def keeps_graphs(self) -> bool:
        """Whether statements stay in their named graphs; the other formats merge them."""
        return self in (ExportFormat.TRIG, ExportFormat.NQ)

    @property
    def ending(self) -> str:
        """How the name of a file ends.

        >>> ExportFormat.RDFXML.ending
        'rdf'
        """
        return "rdf" if self is ExportFormat.RDFXML else self.value


def find_media_type(name: str) -> str:
    """Return the media type of a file by its name.

    >>> find_media_type("graph.nt")
    'application/n-triples'
    """
    return MEDIA_TYPES[name.rpartition(".")[2]]
