"""The way of requests to a server and of answers back, with limits that the library does not have.

It reads the whole body of an answer that sends on or wants to know who asks, however large that is.

HTTP as stores on the net need it: who asks is proved, what breaks is tried again, failures are one line.

Credentials go to the servers that were named and to no other, whatever those say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from build_graph.errors import ObligationError, load_extra
from build_graph.query.http.credentials import NOWHERE, Credentials, Origin, parse_origin, redact_url
from build_graph.query.http.receiving import MOST, Receiver

if TYPE_CHECKING:
    from urllib3.util.retry import Retry


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
        response.raw = _wrap_body(response.raw, body)
        return response

    def _read_body(self, response: requests.Response, receiver: Receiver, end: float) -> bytes:
        read = partial(response.raw.read1, decode_content=False)
        if response.status_code >= 300:
            return receiver.read_beginning(read, end)
        return receiver.read(read, response.headers.get("Content-Encoding", ""), end)


def _wrap_body(raw: Any, body: bytes) -> HTTPResponse:
    """Return an answer whose body is here, and neither packed nor in pieces."""
    headers: Mapping[str, str] = raw.headers
    kept = HTTPHeaderDict({name: value for name, value in headers.items() if name.lower() not in _OF_BODY})
    return HTTPResponse(BytesIO(body), kept, raw.status, preload_content=False)


Proof = Callable[["requests.PreparedRequest"], "requests.PreparedRequest"]  # puts on a request who asks

TIMEOUT = 60.0  # seconds that one request may take
_AGAIN = (429, 502, 503, 504)  # what a server says that may take it later
_TIMES = 4  # how often a request is tried again
_LONGEST = 60  # seconds that a server may ask to be waited for
_HOPS = 5  # how often a server may send on
_SHOWN = 160  # characters of what a server says of a failure


class ExchangeError(ObligationError):
    """A store on the net that does not do what it is asked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; a body that is a mapping goes as a form."""

    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    body: bytes | Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers; `media` is the type of the body, without parameters."""

    status: int
    media: str
    body: bytes
    location: str = ""
    challenge: str = ""
    origin: Origin | None = None  # of the server that answers, where others sent on to it

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked for."""
        return 200 <= self.status < 300


@dataclass(slots=True)
class Client:
    """Sends requests; `timeout` is what one of them may take, `backoff` the first wait, in seconds.

    An answer may have `most` bytes. Who asks is proved by `credentials`, at some servers by others of their
    own, to the server that is asked, and not to where that sends on.
    """

    credentials: Credentials
    timeout: float = TIMEOUT
    backoff: float = 0.5
    most: int = MOST
    others: Mapping[Origin, Credentials] = field(default_factory=dict)
    _session: requests.Session = field(init=False, repr=False)
    _proof: dict[Origin, Proof] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Open a session; raises MissingExtraError where requests is not installed."""
        load_extra("requests", "remote", "talking to a store on the net")

        self._session = open_session(self.timeout, self.most)

    def find_credentials(self, url: str) -> Credentials:
        """Who asks the server at an address."""
        return self.others.get(parse_origin(url), self.credentials)

    def ask(self, method: str, url: str, what: Request, also: Collection[int] = ()) -> Reply:
        """What the server answers, if that is good or of a status in `also`.

        Raises ExchangeError for any other answer, and where there is none in time.
        """
        reply = self._send_authenticated(method, url, what)
        if reply.good or reply.status in also:
            return reply
        raise self.create_error(reply, url)

    def create_error(self, reply: Reply, url: str) -> ExchangeError:
        """What to say of an answer that is not good."""
        where = redact_url(url)
        if 300 <= reply.status < 400:
            to = redact_url(urljoin(url, reply.location))
            return ExchangeError(f"{where}: sends on to {to}; give that address, if you trust it")
        if reply.status == 401 and reply.origin:
            to = "{}://{}:{}".format(*reply.origin)
            return ExchangeError(
                f"{where}: sends on to {to}, which wants to know who asks; give that address, if you trust it"
            )
        words = {
            401: self.find_credentials(url).describe_refusal(),
            403: "does not allow this; it is read-only, or the user may not",
            404: "there is nothing at this address; see whether it is right, or give --gsp-url",
            405: "does not take this here; see whether it is read-only, or give --gsp-url or --update-url",
            413: "does not take so much at once; allow it more there, or give --update-url alone",
        }
        said = "" if reply.status == 401 else self._extract_reason(reply, self.find_credentials(url))
        if reply.status in words:
            return ExchangeError(f"{where}: {words[reply.status]}{f' ({said})' if said else ''}")
        if reply.status in _AGAIN:
            return ExchangeError(
                f"{where}: is busy or down behind its front ({reply.status}); try again later"
            )
        return ExchangeError(f"{where}: fails ({reply.status}{f': {said}' if said else ''}); see its log")

    def _extract_reason(self, reply: Reply, credentials: Credentials) -> str:
        """Return the reason that a server gives, on one line; a page gives none."""
        if "html" in reply.media or reply.body.lstrip()[:1] == b"<":
            return ""
        words = " ".join(credentials.redact(reply.body[:4096].decode("utf-8", "replace")).split())
        return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"

    # -------------------------------------------------------------------- one request, proved

    def _send_authenticated(self, method: str, url: str, what: Request) -> Reply:
        """Return the answer after the server was told, in the way that it wants, who asks; others are not
        told.
        """
        home = parse_origin(url)
        for _ in range(_HOPS):
            at_home = parse_origin(url) == home != NOWHERE
            reply = self._send_with_retries(
                method, url, self._find_proof(url) if at_home else _prove_nothing, what
            )
            if reply.status == 401 and at_home and self._learn(url, reply.challenge):
                reply = self._send_with_retries(method, url, self._find_proof(url), what)
            to = urljoin(url, reply.location) if reply.location else ""
            if not to or not _can_follow(method, reply.status, url, to):
                return reply if at_home else replace(reply, origin=parse_origin(url))
            url, what = to, replace(what, params=None)
        return reply

    def _find_proof(self, url: str) -> Proof:
        """What proves who asks at an address that was named; a password only once it was asked for."""
        origin, token = parse_origin(url), self.find_credentials(url).token
        if token and origin not in self._proof:
            self._proof[origin] = _create_bearer_proof(token)
        return self._proof.get(origin, _prove_nothing)

    def _learn(self, url: str, challenge: str) -> bool:
        """Take up the way that a server wants to be told who asks; whether there is one that is new."""
        from requests.auth import HTTPBasicAuth, HTTPDigestAuth

        origin, known = parse_origin(url), self.find_credentials(url)
        if not known.user or origin in self._proof:
            return False
        if "digest" in challenge.lower():
            self._proof[origin] = HTTPDigestAuth(known.user, known.password)
        elif "basic" in challenge.lower():
            self._proof[origin] = HTTPBasicAuth(known.user.encode(), known.password.encode())
        return origin in self._proof

    # ------------------------------------------------------------------- one request, repeated

    def _send_with_retries(self, method: str, url: str, auth: Proof, what: Request) -> Reply:
        """Return the answer, which may take several attempts."""
        import requests
        from urllib3.exceptions import MaxRetryError

        retries = self._create_retries()
        while True:
            try:
                reply, raw = self._send_once(method, url, auth, what)
                if reply.status not in _AGAIN:
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
            except (requests.RequestException, ValueError) as error:
                raise self._create_connection_error(url, error) from error

    def _create_retries(self) -> Retry:
        from urllib3.util.retry import Retry

        return Retry(
            total=_TIMES,
            connect=2,  # what refuses connections is seldom there a moment later
            status_forcelist=_AGAIN,
            allowed_methods=None,  # all that is sent here may be sent twice
            backoff_factor=self.backoff,
            backoff_max=_LONGEST,
            retry_after_max=_LONGEST,
        )

    def _count_failure(self, error: Exception, retries: Retry, method: str, url: str) -> Retry:
        """What is left of the attempts after a connection broke."""
        from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError

        cause = getattr(error.args[0] if error.args else None, "reason", None)
        broken = cause if isinstance(cause, NewConnectionError) else ProtocolError(str(error))
        try:
            return retries.increment(method, url, error=broken)
        except (MaxRetryError, HTTPError):
            raise self._create_connection_error(url, error) from error

    def _send_once(self, method: str, url: str, auth: Proof, what: Request) -> tuple[Reply, Any]:
        """Return one answer, and as the library has it; raises TimeoutError."""
        response = self.create_receiver(url).wait(
            lambda end: self._session.request(
                method,
                url,
                headers=what.headers,
                params=what.params,
                data=what.body,
                auth=auth,
                timeout=self.timeout,
                allow_redirects=False,
            )
        )
        media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        challenge = response.headers.get("WWW-Authenticate", "")
        location = response.headers.get("Location", "") if response.is_redirect else ""
        return Reply(response.status_code, media, response.content, location, challenge), response.raw

    def create_receiver(self, url: str) -> Receiver:
        """What takes in the answers of the server at an address."""
        return Receiver(url, self.timeout, self.most)

    def _create_timeout_error(self, url: str) -> ExchangeError:
        return ExchangeError(
            f"{redact_url(url)}: no answer within {self.timeout:g} seconds; give a higher --timeout"
        )

    def _create_connection_error(self, url: str, error: Exception) -> ExchangeError:
        return ExchangeError(
            f"{redact_url(url)}: does not answer ({_explain_failure(error)}); see whether it "
            f"runs, and at this address"
        )


def _explain_failure(error: Exception) -> str:
    """Why a connection failed, in words of the library that repeat neither address nor object."""
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(cause, NameResolutionError):
        return "there is no such host"
    if isinstance(cause, NewConnectionError):
        return "connection refused"
    name = type(error).__name__
    known = {"SSLError": "its certificate or encryption is not good", "ProxyError": "the proxy fails"}
    broken = ("ConnectionError", "ChunkedEncodingError")
    return known.get(name, "the connection breaks" if name in broken else "this is no address")


def _can_follow(method: str, status: int, url: str, to: str) -> bool:
    """Return whether a request goes where it is sent on: reads do, writes only within their server, as
    they are.
    """
    if urlsplit(to).scheme not in ("http", "https"):
        return False
    return method == "GET" or (status in (307, 308) and parse_origin(url) == parse_origin(to))


def _wait_before_retry(retries: Retry, raw: Any) -> None:
    """Wait as long as the server asks, or as the attempts so far suggest."""
    from urllib3.exceptions import InvalidHeader

    try:
        retries.sleep(raw)
    except InvalidHeader:  # a Retry-After that says nothing
        retries.sleep()


def _create_bearer_proof(token: str) -> Proof:
    def prove(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return prove


def _prove_nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Proves nothing, and keeps requests from looking into netrc by itself."""
    return request
