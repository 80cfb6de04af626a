"""The way of requests to a server and of answers back, with limits that the library does not have.

It reads the whole body of an answer that sends on or wants to know who asks, however large that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from build_graph.querying.receiving import Receiver

_OF_BODY = ("content-encoding", "content-length", "transfer-encoding")  # what is no longer true of it


def open_session(timeout: float, most: int) -> requests.Session:
    """What sends requests; an answer may take `timeout` seconds and have `most` bytes, unpacked."""
    session = requests.Session()
    session.headers.update({"User-Agent": "obligation-graph", "Accept-Encoding": "gzip"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, _BoundedAdapter(timeout, most))
    return session


class _BoundedAdapter(HTTPAdapter):
    """Reads each answer as it comes, as far as it may go."""

    def __init__(self, timeout: float, most: int) -> None:
        super().__init__()
        self.timeout, self.most = timeout, most

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """The answer, its body in memory; of a refusal no more than the beginning."""
        end = monotonic() + self.timeout
        response = super().send(request, *args, **{**options, "stream": True})
        try:
            body = self._read_body(response, Receiver(str(request.url), self.timeout, self.most), end)
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error, request=request) from error
        except HTTPError as error:
            raise requests.exceptions.ChunkedEncodingError(error, request=request) from error
        finally:
            response.close()
        response.raw = _wrap_body(response.raw, body)
        return response

    def _read_body(self, response: requests.Response, receiver: Receiver, end: float) -> bytes:
        read = partial(response.raw.read1, decode_content=False)
        if response.status_code >= 300:
            return receiver.read_beginning(read, end)
        return receiver.read(read, response.headers.get("Content-Encoding", ""), end)


def _wrap_body(raw: Any, body: bytes) -> HTTPResponse:
    """An answer whose body is here, and neither packed nor in pieces."""
    headers: Mapping[str, str] = raw.headers
    kept = HTTPHeaderDict({name: value for name, value in headers.items() if name.lower() not in _OF_BODY})
    return HTTPResponse(BytesIO(body), kept, raw.status, preload_content=False)
