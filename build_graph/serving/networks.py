"""The network page over HTTP: of the whole graph, or narrowed to a document, a domain, or both."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from build_graph.pages import addresses
from build_graph.pages.narrowing import narrowing_page
from build_graph.pages.network import Links, PageTooLargeError, network_page
from build_graph.pages.network_data import NothingToShowError, network_data
from build_graph.querying.headers import Kind
from build_graph.querying.names import UnknownNameError
from build_graph.serving.library import Library
from build_graph.serving.protocol import RefusedError
from build_graph.serving.responses import Sent
from build_graph.viewing import title_of
from build_graph.vocabulary import BASE

_TOO_MUCH = 400  # the status with which the workers refuse an answer that is larger than allowed
_BODIES = 1_000  # that are laid out while somebody waits: the time grows with their square


def drawn(library: Library, request: Request) -> Response:
    """The network of what the address names; where it is too much, or nothing, a page that asks for other.

    Raises ObligationError where the graph cannot be asked.
    """
    given: dict[str, str] = {
        kind: request.query_params.get(kind, "").strip() for kind in (Kind.DOCUMENT, Kind.DOMAIN)
    }
    try:
        document, domain = (
            library.names.find(Kind(kind), words) if words else None for kind, words in given.items()
        )
        return Sent(library.networks.get((document, domain), lambda: _network(library, document, domain)))
    except UnknownNameError as error:
        return Sent(narrowing_page("no_such_name", given, error.words, _instead(given, error)), status=404)
    except NothingToShowError:
        return Sent(narrowing_page("nothing_shared", given), status=404)
    except PageTooLargeError:
        return Sent(narrowing_page("too_large", given), status=_TOO_MUCH)
    except RefusedError as error:
        if error.status != _TOO_MUCH:
            raise
        return Sent(narrowing_page("too_large", given), status=_TOO_MUCH)


def _instead(given: Mapping[str, str], error: UnknownNameError) -> list[tuple[str, str]]:
    """The names that would do, each with the address of the page with it in the place of the other."""
    return [
        (
            name,
            addresses.network(
                {kind: name if words == error.words else words for kind, words in given.items() if words}
            ),
        )
        for name in error.instead
    ]


def _network(library: Library, document: NamedNode | None, domain: NamedNode | None) -> bytes:
    data = network_data(library.engine, document, domain)
    if len(data.bodies) > _BODIES:
        raise PageTooLargeError(f"{len(data.bodies):,} bodies are too many for a page")
    readers = {card.id: addresses.reader_of(BASE + card.id) for card in data.documents}
    return network_page(data, title_of(data), Links(readers, addresses.HOME))
