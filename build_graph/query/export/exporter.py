"""An export from the graph to its files: statements are sorted, written, counted and described."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from build_graph.errors import ObligationError
from build_graph.files import is_file, is_folder, is_stream, write_files
from build_graph.graph.write.sorting import ExternalSort
from build_graph.query.export import jsonld, rdf_formats
from build_graph.query.export.dataset_description import (
    FileFacts,
    GraphSurvey,
    Publication,
    render_description,
)
from build_graph.query.export.export_tables import ExportTable, load_tables
from build_graph.query.export.formats import ExportFormat, find_media_type
from build_graph.query.export.source import GraphSource
from build_graph.query.export.table_formats import (
    render_csv_files,
    render_neo4j_files,
    render_parquet_files,
    require_pyarrow,
)
from build_graph.text.overwriting import reject_graph

DESCRIPTION, CONTEXT = "dataset.ttl", "context.jsonld"


class ExportError(ObligationError):
    """A graph that cannot be exported in this way."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files that were written, their total size in bytes, and the graph's statements."""

    paths: tuple[Path, ...]
    size: int
    statements: int


@dataclass(frozen=True, slots=True)
class Exporter:
    """The options of an export."""

    source: GraphSource
    form: ExportFormat
    published: Publication = field(default_factory=Publication)
    guarded: bool = False  # whether csv is written so that spreadsheets take no cell for a formula

    def write(self, output: Path) -> ExportResult:
        """Write the graph to a file, with dataset.ttl beside it, or to a folder if the format is one.

        All files are written, or none. Raises ObligationError if the graph cannot be read or asked, is empty,
        has statements that the format cannot hold, or the output cannot be written.
        """
        place = output if self.form.is_folder else output.parent
        self._refuse_unfit(output, place)
        quads = self.source.iterate_quads()
        if self.form is ExportFormat.RDFXML:
            quads = rdf_formats.refuse_no_xml(quads)
        ordered = ExternalSort.sort_quads(quads, graphs=self.form.keeps_graphs)
        if next(ordered.iterate_records(), None) is None:
            raise ExportError(f"{self.source.where}: holds no statement; build a graph, or name another")
        survey = GraphSurvey()
        measured = {
            name: _MeasuredFile(name, self._find_media(name, output), data)
            for name, data in self._render_files(ordered, survey, output.name)
        }
        description = _LateDescription(ordered, survey, tuple(measured.values()), self.published)
        files: dict[Path, Iterable[bytes]] = {place / name: data for name, data in measured.items()}
        reject_graph(files, self.source.where)
        alone = is_stream(output)  # no file can be beside a device
        write_files(files if alone else {**files, place / DESCRIPTION: description})
        if alone:
            list(description)  # counts the statements
        else:
            files[place / DESCRIPTION] = description
        size = sum(data.size for data in measured.values())
        return ExportResult(tuple(files), size, survey.statements)

    def _refuse_unfit(self, output: Path, place: Path) -> None:
        """Raise ExportError for an output that cannot be written, or must not be."""
        names = {DESCRIPTION, CONTEXT} if self.form is ExportFormat.JSONLD else {DESCRIPTION}
        if not self.form.is_folder and output.name in names:
            raise ExportError(f"{output}: a file of that name is written beside the export; choose another")
        if self.form.is_folder and is_file(output):
            raise ExportError(f"{output}: is a file; {self.form} is a folder of files, so name a folder")
        if not self.form.is_folder and is_folder(output):
            raise ExportError(f"{output}: is a folder; {self.form} is one file, so name a file in it")
        if self.form is ExportFormat.JSONLD and is_stream(output):
            raise ExportError(f"{output}: is a device or a pipe; {self.form} is two files, so name a file")
        source = Path(self.source.where)
        if is_folder(source) and source.resolve() == place.resolve():
            raise ExportError(f"{output}: the graph that is exported lies there; choose another place")
        reject_graph([place / DESCRIPTION, *(() if self.form.is_folder else (output,))], self.source.where)
        if self.form is ExportFormat.PARQUET:
            require_pyarrow()

    def _find_media(self, name: str, output: Path) -> str:
        """Return the media type of a file; a dump has its format's, whatever its name."""
        is_dump = name == output.name and not self.form.is_folder
        return find_media_type(self.form.ending if is_dump else name)

    def _render_files(
        self, ordered: ExternalSort, survey: GraphSurvey, name: str
    ) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield the files of the format by name, in pieces if they may be large."""
        form = self.form
        if form is ExportFormat.JSONLD:
            yield name, jsonld.write_jsonld(survey.watch(ordered.iterate_records()))
            yield CONTEXT, [jsonld.JsonldContext.load().render_file()]
        elif form in (
            ExportFormat.TTL,
            ExportFormat.TRIG,
            ExportFormat.NT,
            ExportFormat.NQ,
            ExportFormat.RDFXML,
        ):
            yield name, rdf_formats.render_rdf(survey.watch(ordered.iterate_records()), form)
        else:
            found = load_tables(self.source.open_engine(), self.source.where)
            made = self._render_tables(found, name)
            yield from ((name, [data]) for name, data in made.items())

    def _render_tables(self, found: Mapping[str, ExportTable], name: str) -> dict[str, bytes]:
        """Return the files of a format that is made from tables."""
        if self.form is ExportFormat.CSV:
            return render_csv_files(found, self.published.licence, guarded=self.guarded)
        if self.form is ExportFormat.PARQUET:
            return render_parquet_files(found)
        if self.form is ExportFormat.NEO4J:
            return render_neo4j_files(found)
        from build_graph.query.export import property_graph

        write = (
            property_graph.write_graphml if self.form is ExportFormat.GRAPHML else property_graph.write_gexf
        )
        return {name: write(property_graph.build_network(found))}


@dataclass(slots=True)
class _MeasuredFile:
    """A file in pieces, whose size and hash are computed as it is written."""

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
class _LateDescription:
    """The description, which is rendered after the files that it describes are written."""

    ordered: ExternalSort
    survey: GraphSurvey
    files: tuple[_MeasuredFile, ...]
    published: Publication

    def __iter__(self) -> Iterator[bytes]:
        if not self.survey.statements:  # the files were made from tables, not from these
            for _ in self.survey.watch(self.ordered.iterate_records()):
                pass
        facts = [FileFacts(file.name, file.media, file.size, file.sha256) for file in self.files]
        yield render_description(self.survey.summarise(), facts, self.published)
