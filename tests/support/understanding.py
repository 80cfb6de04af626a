"""What documents are understood by, loaded once for all tests, and files that were understood."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from build_graph.extract.pipeline import Pipeline
from build_graph.graph.emit.registries import Descriptions
from build_graph.model import Document, Metadata


@cache
def pipeline() -> Pipeline:
    return Pipeline.load()


@cache
def descriptions() -> Descriptions:
    return Descriptions.load()


@cache
def document(path: Path) -> Document:
    return pipeline().understand_file(path, encoding=None, options=Metadata())
