"""The one HTTP client: it asks SPARQL endpoints, sends graphs to triple stores, and fetches them.

Each answer is bounded in time and size (`receiving`). A server that is busy, or breaks a connection, is asked
again. Redirections are followed within the server; reads by GET may lead to another one. Credentials go to
the servers that the user named, and to no other. A failure is one line that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from io import BytesIO
from ssl import SSLContext, create_default_context
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from SPARQLWrapper import JSON, TURTLE, QueryResult, SPARQLWrapper
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import (
    HTTPError,
    InvalidHeader,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.util.retry import Retry

from build_graph.errors import ObligationError
from build_graph.query.http.credentials import NOWHERE, Credentials, Origin, parse_origin, redact_url
from build_graph.query.http.messages import short_message, strip_query, truncate
from build_graph.query.http.receiving import MOST, TIMEOUT, Receiver

Proof = Callable[["requests.PreparedRequest"], "requests.PreparedRequest"]  # adds who asks to a request

BUSY = (429, 502, 503, 504)  # statuses of a server that may answer later
ACCEPTED = {
    JSON: "application/sparql-results+json",
    TURTLE: "application/n-triples, text/turtle;q=0.5",
}
_BODY_HEADERS = ("content-encoding", "content-length", "transfer-encoding")  # untrue once a body is unpacked
_TIMES = 4  # attempts after the first
_LONGEST_WAIT = 60  # seconds between two attempts
_HOPS = 5  # redirections of one request
_ADVICE = {
    400: "refuses the request",
    403: "does not allow this; it is read-only, or the user may not",
    404: "there is nothing at this address; see whether it is right",
    405: "does not take this here; see whether it is read-only, or takes this at another address",
    413: "does not take so much at once; allow it more there, or send less",
}
_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (  # the first that fits
    (NameResolutionError, "there is no such host"),
    (NewConnectionError, "connection refused"),
    (requests.exceptions.SSLError, "its certificate or encryption is not good"),
    (requests.exceptions.ProxyError, "the proxy fails"),
    ((requests.ConnectionError, requests.exceptions.ChunkedEncodingError), "the connection breaks"),
    ((requests.RequestException, ValueError), "this is no address"),
)


class ExchangeError(ObligationError):
    """A failed request; `status` is that of the answer, 0 where there was none."""

    status: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its method and address; a body that is a mapping goes as a form."""

    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    body: bytes | Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer from the server at `url`; `media` is the type of the body, without parameters."""

    url: str
    status: int
    media: str
    body: bytes
    location: str = ""
    challenge: str = ""

    @property
    def good(self) -> bool:
        """The success of the request, which is a status from 200 to 299."""
        return 200 <= self.status < 300


@dataclass(slots=True)
class Client:
    """Sends requests; `timeout` bounds one attempt, `backoff` is the first wait between two, in seconds.

    An answer may have `most` bytes. A server gets the credentials that `others` has for it, or `credentials`.
    """

    credentials: Credentials
    timeout: float = TIMEOUT
    backoff: float = 0.5
    most: int = MOST
    others: Mapping[Origin, Credentials] = field(default_factory=dict)
    _session: requests.Session = field(init=False, repr=False)
    _proofs: dict[Origin, Proof] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Open a session, which keeps connections; nothing is sent yet."""
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": "obligation-graph", "Accept-Encoding": "gzip"})
        adapter = _BoundedAdapter(self.timeout, self.most)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def find_credentials(self, url: str) -> Credentials:
        """Return the credentials for the server at an address."""
        return self.others.get(parse_origin(url), self.credentials)

    def create_receiver(self, url: str) -> Receiver:
        """Return the bounds for answers of the server at an address."""
        return Receiver(url, self.timeout, self.most)

    def ask(self, method: str, url: str, request: Request, also: Collection[int] = ()) -> Reply:
        """Return the answer of the server, if that is good or has a status in `also`.

        Raise ExchangeError for any other answer, and where there is none in time; ReceivedError for one that
        is too large or damaged.
        """
        reply = self._send_authenticated(method, url, request)
        if reply.good or reply.status in also:
            return reply
        raise self.create_error(reply, url, request)

    def create_error(self, reply: Reply, url: str, request: Request) -> ExchangeError:
        """Return the error for an answer that is not good, to a request at `url`."""
        reason = "" if reply.status == 401 else self._extract_reason(reply, url, request)
        error = ExchangeError(f"{redact_url(url)}: {self._describe_failure(reply, url, reason)}")
        error.status = reply.status
        return error

    def _describe_failure(self, reply: Reply, url: str, reason: str) -> str:
        """Return what went wrong, and what to do; `reason` is the server's own."""
        elsewhere = parse_origin(reply.url) != parse_origin(url)
        if 300 <= reply.status < 400:
            to = redact_url(urljoin(reply.url, reply.location))
            return f"sends on to {to}; give that address, if you trust it"
        if reply.status == 401 and elsewhere:
            to = redact_url(reply.url)
            return f"sends on to {to}, which wants to know who asks; give that address, if you trust it"
        if reply.status == 401:
            return self.find_credentials(url).describe_refusal()
        if reply.status in _ADVICE:
            return f"{_ADVICE[reply.status]}{f' ({reason})' if reason else ''}"
        if reply.status in BUSY:
            return f"is busy or down behind its front ({reply.status}); try again later"
        return f"fails ({reply.status}{f': {reason}' if reason else ''}); see its log"

    def _extract_reason(self, reply: Reply, url: str, request: Request) -> str:
        """Return the reason that a server gives, on one line without secret or query; a page gives none."""
        if "html" in reply.media or reply.body.lstrip()[:1] == b"<":
            return ""
        words = self.find_credentials(url).redact(reply.body.decode("utf-8", "replace"))
        query = request.body.get("query", "") if isinstance(request.body, Mapping) else ""
        return truncate(strip_query(words, query))

    # ----------------------------------------------------- one request: credentials and redirections

    def _send_authenticated(self, method: str, url: str, request: Request) -> Reply:
        """Return the answer; the named server gets the credentials in the way that it asks for."""
        home = parse_origin(url)
        for _ in range(_HOPS):
            at_home = parse_origin(url) == home != NOWHERE
            proof = self._find_proof(url) if at_home else _prove_nothing
            reply = self._send_with_retries(method, url, proof, request)
            if reply.status == 401 and at_home and self._learn_scheme(url, reply.challenge):
                reply = self._send_with_retries(method, url, self._find_proof(url), request)
            to = urljoin(url, reply.location) if reply.location else ""
            if not to or not _can_follow(method, reply.status, url, to):
                break
            url, request = to, replace(request, params=None)
        return reply

    def _find_proof(self, url: str) -> Proof:
        """Return what adds the credentials for a named server; a password waits until the server asks."""
        origin, token = parse_origin(url), self.find_credentials(url).token
        if token and origin not in self._proofs:
            self._proofs[origin] = partial(_add_token, token)
        return self._proofs.get(origin, _prove_nothing)

    def _learn_scheme(self, url: str, challenge: str) -> bool:
        """Note how a server wants the password, and return whether that is new and possible."""
        origin, known = parse_origin(url), self.find_credentials(url)
        if not known.user or origin in self._proofs:
            return False
        if "digest" in challenge.lower():
            self._proofs[origin] = HTTPDigestAuth(known.user, known.password)
        elif "basic" in challenge.lower():
            self._proofs[origin] = HTTPBasicAuth(known.user.encode(), known.password.encode())
        return origin in self._proofs

    # ------------------------------------------------------------------- one request, repeated

    def _send_with_retries(self, method: str, url: str, proof: Proof, request: Request) -> Reply:
        """Return the answer, which may take several attempts; all requests here may be sent twice."""
        retries = self._create_retries()
        while True:
            try:
                reply, raw = self._send_once(method, url, proof, request)
                if reply.status not in BUSY:
                    return reply
                retries = retries.increment(method, url, response=raw)
                _wait_before_retry(retries, raw)
            except MaxRetryError:
                return reply
            except (requests.Timeout, TimeoutError) as error:
                raise self._create_timeout_error(url) from error
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
                retries = self._count_failure(error, retries, method, url)
                retries.sleep()
            except (OSError, ValueError) as error:
                raise _create_connection_error(url, error) from error

    def _create_retries(self) -> Retry:
        return Retry(
            total=_TIMES,
            connect=2,  # a refused connection is seldom accepted a moment later
            status_forcelist=BUSY,
            allowed_methods=None,
            backoff_factor=self.backoff,
            backoff_max=_LONGEST_WAIT,
            retry_after_max=_LONGEST_WAIT,
        )

    def _count_failure(self, error: Exception, retries: Retry, method: str, url: str) -> Retry:
        """Return the attempts that are left after a connection failed; raise ExchangeError where none are."""
        cause = _find_cause(error)
        broken = cause if isinstance(cause, NewConnectionError) else ProtocolError(str(error))
        try:
            return retries.increment(method, url, error=broken)
        except HTTPError:
            raise _create_connection_error(url, error) from error

    def _send_once(self, method: str, url: str, proof: Proof, request: Request) -> tuple[Reply, HTTPResponse]:
        """Return one answer, and as urllib3 has it; raise TimeoutError where it is late."""
        response = self.create_receiver(url).wait(
            lambda end: self._session.request(
                method,
                url,
                headers=request.headers,
                params=request.params,
                data=request.body,
                auth=proof,
                timeout=self.timeout,
                allow_redirects=False,
            )
        )
        media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        challenge = response.headers.get("WWW-Authenticate", "")
        location = response.headers.get("Location", "") if response.is_redirect else ""
        return Reply(url, response.status_code, media, response.content, location, challenge), response.raw

    def _create_timeout_error(self, url: str) -> ExchangeError:
        return ExchangeError(
            f"{redact_url(url)}: no answer within {self.timeout:g} seconds; "
            "ask for less, or give a higher --timeout"
        )


class SparqlEndpoint(SPARQLWrapper):
    """A SPARQL endpoint as SPARQLWrapper describes it, with our client in place of its transport.

    SPARQLWrapper itself follows redirections with the password, and reads answers without a bound.
    """

    def __init__(self, client: Client, url: str) -> None:
        """Describe the endpoint; nothing is sent yet."""
        super().__init__(url, returnFormat=JSON)
        self.client = client

    def query(self) -> QueryResult:
        """Send the query that was set and return the result; raise ObligationError as `Client.ask` does."""
        headers = {"Accept": ACCEPTED[self.returnFormat]}
        reply = self.client.ask("POST", self.endpoint, Request(headers, body={"query": self.queryString}))
        media = {"Content-Type": reply.media}
        body: Any = HTTPResponse(BytesIO(reply.body), media, reply.status, preload_content=False)
        return QueryResult((body, self.returnFormat))


class _BoundedAdapter(HTTPAdapter):
    """Reads each body as it comes, within the bounds: requests would read any that sends on, whole."""

    def __init__(self, timeout: float, most: int) -> None:
        super().__init__()
        self.timeout, self.most = timeout, most

    def build_connection_pool_key_attributes(self, *args: Any, **options: Any) -> Any:
        """Trust the certificates of the system too, not those of requests alone."""
        host, pool = super().build_connection_pool_key_attributes(*args, **options)
        if host["scheme"] == "https":
            pool["ssl_context"] = self.context
        return host, pool

    @cached_property
    def context(self) -> SSLContext:
        """The certificates of the system, which take a while to load."""
        return create_default_context()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Return the answer, its body in memory; of a refusal no more than the beginning."""
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
        headers = [item for item in response.raw.headers.items() if item[0].lower() not in _BODY_HEADERS]
        response.raw = HTTPResponse(
            BytesIO(body), HTTPHeaderDict(headers), response.status_code, preload_content=False
        )
        return response

    def _read_body(self, response: requests.Response, receiver: Receiver, end: float) -> bytes:
        read = partial(response.raw.read1, decode_content=False)
        if response.status_code >= 300:
            return receiver.read_beginning(read, end)
        return receiver.read(read, response.headers.get("Content-Encoding", ""), end)


def _can_follow(method: str, status: int, url: str, to: str) -> bool:
    """Return whether to follow a redirection: reads always, others as they are and within their server."""
    if urlsplit(to).scheme not in ("http", "https"):
        return False
    return method == "GET" or (status in (307, 308) and parse_origin(url) == parse_origin(to))


def _wait_before_retry(retries: Retry, raw: HTTPResponse) -> None:
    """Wait as long as the server asks, or as the attempts so far suggest."""
    try:
        retries.sleep(raw)
    except InvalidHeader:  # a Retry-After that is neither a number nor a date
        retries.sleep()


def _create_connection_error(url: str, error: Exception) -> ExchangeError:
    return ExchangeError(
        f"{redact_url(url)}: does not answer ({_explain_failure(error)}); "
        "see whether it runs, and at this address"
    )


def _explain_failure(error: Exception) -> str:
    """Return why a connection failed, in our words: those of requests repeat the address with its secrets."""
    cause = _find_cause(error)
    known = (words for kind, words in _FAILURES if isinstance(cause, kind) or isinstance(error, kind))
    return next(known, "") or short_message(error)  # of the system, such as a missing file of certificates


def _find_cause(error: Exception) -> Any:
    """Return the error of urllib3 behind one of requests, if it names any."""
    return getattr(error.args[0] if error.args else None, "reason", None)


def _add_token(token: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _prove_nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as it is: without a proof, requests would look into netrc by itself."""
    return request
