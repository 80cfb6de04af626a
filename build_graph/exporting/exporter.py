"""From a graph to the files of an export: sort, write, count, describe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from build_graph.errors import ObligationError
from build_graph.exporting import jsonld, rdf
from build_graph.exporting.csv_files import csv_files, neo4j_files, parquet_files, require_pyarrow
from build_graph.exporting.description import FileFacts, Publication, Survey, description
from build_graph.exporting.formats import Form, media_type
from build_graph.exporting.source import Source
from build_graph.exporting.tables import Table, tables
from build_graph.files import is_file, is_folder, is_stream, write_all
from build_graph.graph.ordering import Sorted
from build_graph.reading.overwriting import refuse_graph

DESCRIPTION, CONTEXT = "dataset.ttl", "context.jsonld"


class ExportError(ObligationError):
    """A graph that cannot be exported so."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the files, their bytes in all, and how many statements the graph has."""

    paths: tuple[Path, ...]
    size: int
    statements: int


@dataclass(frozen=True, slots=True)
class Exporter:
    """How a graph is to be exported."""

    source: Source
    form: Form
    published: Publication = field(default_factory=Publication)
    guarded: bool = False  # whether spreadsheets are kept from taking cells of csv for formulas

    def write(self, output: Path) -> Exported:
        """Write the graph to a file, or a folder if the format is one, and dataset.ttl beside a file.

        All files are written, or none. Raises ObligationError where the graph cannot be read or asked, is
        empty, holds what the format cannot, or the place cannot be written.
        """
        place = output if self.form.is_folder else output.parent
        self._refuse_unfit(output, place)
        quads = self.source.quads()
        if self.form is Form.RDFXML:
            quads = rdf.refuse_no_xml(quads)
        ordered = Sorted.of(quads, graphs=self.form.keeps_graphs)
        if next(ordered.records(), None) is None:
            raise ExportError(f"{self.source.where}: holds no statement; build a graph, or name another")
        survey = Survey()
        measured = {
            name: _Measured(name, self._media(name, output), data)
            for name, data in self._files(ordered, survey, output.name)
        }
        told = _Later(ordered, survey, tuple(measured.values()), self.published)
        files: dict[Path, Iterable[bytes]] = {place / name: data for name, data in measured.items()}
        refuse_graph(files, self.source.where)
        alone = is_stream(output)  # beside a device nothing can lie
        write_all(files if alone else {**files, place / DESCRIPTION: told})
        if alone:
            list(told)  # counts
        else:
            files[place / DESCRIPTION] = told
        size = sum(data.size for data in measured.values())
        return Exported(tuple(files), size, survey.statements)

    def _refuse_unfit(self, output: Path, place: Path) -> None:
        """Raise ExportError for a place that is taken."""
        names = {DESCRIPTION, CONTEXT} if self.form is Form.JSONLD else {DESCRIPTION}
        if not self.form.is_folder and output.name in names:
            raise ExportError(f"{output}: a file of that name is written beside the export; choose another")
        if self.form.is_folder and is_file(output):
            raise ExportError(f"{output}: is a file; {self.form} is a folder of files, so name a folder")
        if not self.form.is_folder and is_folder(output):
            raise ExportError(f"{output}: is a folder; {self.form} is one file, so name a file in it")
        if self.form is Form.JSONLD and is_stream(output):
            raise ExportError(f"{output}: is a device or a pipe; {self.form} is two files, so name a file")
        source = Path(self.source.where)
        if is_folder(source) and source.resolve() == place.resolve():
            raise ExportError(f"{output}: the graph that is exported lies there; choose another place")
        refuse_graph([place / DESCRIPTION, *(() if self.form.is_folder else (output,))], self.source.where)
        if self.form is Form.PARQUET:
            require_pyarrow()

    def _media(self, name: str, output: Path) -> str:
        """The media type of a file; a dump has its format's, whatever it is called."""
        is_dump = name == output.name and not self.form.is_folder
        return media_type(self.form.ending if is_dump else name)

    def _files(self, ordered: Sorted, survey: Survey, name: str) -> Iterator[tuple[str, Iterable[bytes]]]:
        """The files of the format by name, in pieces where they may be large."""
        form = self.form
        if form is Form.JSONLD:
            yield name, jsonld.write_jsonld(survey.watching(ordered.records()))
            yield CONTEXT, [jsonld.Context.of_ontology().file()]
        elif form in (Form.TTL, Form.TRIG, Form.NT, Form.NQ, Form.RDFXML):
            yield name, rdf.written(survey.watching(ordered.records()), form)
        else:
            found = tables(self.source.engine(), self.source.where)
            made = self._tables_written(found, name)
            yield from ((name, [data]) for name, data in made.items())

    def _tables_written(self, found: Mapping[str, Table], name: str) -> dict[str, bytes]:
        """Return the files of a format that is made from tables."""
        if self.form is Form.CSV:
            return csv_files(found, self.published.licence, guarded=self.guarded)
        if self.form is Form.PARQUET:
            return parquet_files(found)
        if self.form is Form.NEO4J:
            return neo4j_files(found)
        from build_graph.exporting import network  # networkx takes a while to load

        write = network.write_graphml if self.form is Form.GRAPHML else network.write_gexf
        return {name: write(network.build_network(found))}


@dataclass(slots=True)
class _Measured:
    """A file in pieces, measured as it is written."""

    name: str
    media: str
    pieces: Iterable[bytes]
    size: int = 0
    sha256: str = ""

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in self.pieces:
            digest.update(piece)
            self.size += len(piece)
            yield piece
        self.sha256 = digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Later:
    """The description, made when the files that it tells of have been written."""

    ordered: Sorted
    survey: Survey
    files: tuple[_Measured, ...]
    published: Publication

    def __iter__(self) -> Iterator[bytes]:
        if not self.survey.statements:  # nobody has gone through them for the files
            for _ in self.survey.watching(self.ordered.records()):
                pass
        facts = [FileFacts(file.name, file.media, file.size, file.sha256) for file in self.files]
        yield description(self.survey, facts, self.published)
