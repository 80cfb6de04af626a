"""Who asks an endpoint, and how that is proved; what is secret in it never shows in a text."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

from build_graph.errors import ObligationError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector, Request

PASSWORD = "OBLIGATIONS_PASSWORD"  # the variables that hold them
TOKEN = "OBLIGATIONS_TOKEN"
_PORTS = {"http": 80, "https": 443}
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")  # what libraries take for the end of a host, or for nothing

Origin = tuple[str, str, int]  # scheme, host, port: who may know a password together
NOWHERE: Origin = "", "", 0


class CredentialsError(ObligationError):
    """Credentials that are not there, or stand where everybody sees them."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, or a token, or neither."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Return whether there is something to prove who asks."""
        return bool(self.user or self.token)

    def redact(self, text: str) -> str:
        """Return a text, such as what a server says, without what is secret.

        >>> Credentials("me", "pass-word").redact("no pass-word for me")
        'no … for me'
        """
        for secret in sorted(self._list_secrets(), key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def create_opener(self, url: str) -> OpenerDirector:
        """What opens `url`, and says who asks when it is asked by `url` itself, not by where that leads."""
        from urllib.request import HTTPBasicAuthHandler, HTTPDigestAuthHandler, build_opener

        if not self.user:
            return build_opener(_create_redirect_handler())
        known: Any = _Passwords(parse_origin(url), self)
        return build_opener(
            _create_redirect_handler(), HTTPDigestAuthHandler(known), HTTPBasicAuthHandler(known)
        )

    def sign(self, request: Request) -> None:
        """Put a token on a request; it does not go along where the request is sent on."""
        if self.token:
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")

    def describe_refusal(self) -> str:
        """What to say, and to do, where an endpoint answers 401."""
        if self.token:
            return f"refuses the token; see whether {TOKEN} is right"
        if self.user:
            return f"refuses {self.user} with this password; see whether both are right"
        return f"wants to know who asks; give --user, and the password in {PASSWORD}"

    def _list_secrets(self) -> set[str]:
        pair = b64encode(f"{self.user}:{self.password}".encode()).decode()
        known = {self.password, self.token, pair} if self.password else {self.token}
        return {form for secret in known - {""} for form in (secret, quote(secret), quote_plus(secret))}


ANONYMOUS = Credentials()


@dataclass(frozen=True, slots=True)
class _Passwords:
    """What urllib asks for a password: its own keeps one for http and https alike."""

    origin: Origin
    credentials: Credentials

    def add_password(self, realm: str, uri: str, user: str, passwd: str) -> None:
        """Nothing is added: there is one user."""

    def find_user_password(self, realm: str | None, authuri: str) -> tuple[str | None, str | None]:
        """User and password, where the server is the one that was named."""
        if self.origin == NOWHERE or parse_origin(authuri) != self.origin:
            return None, None
        return self.credentials.user, self.credentials.password


def _create_redirect_handler() -> Any:
    """What follows redirections without reading what stands in them, which may have no end."""
    from urllib.request import HTTPRedirectHandler

    class Redirects(HTTPRedirectHandler):
        def http_error_302(self, req: Any, fp: Any, *args: Any) -> Any:
            fp.close()
            return super().http_error_302(req, BytesIO(), *args)

        http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302  # type: ignore[assignment]

    return Redirects()


def parse_origin(url: str) -> Origin:
    """Scheme, host and port of an address; of one that libraries may read in different ways nowhere at all.

    >>> parse_origin("HTTP://Host/x") == parse_origin("http://host:80/y"), parse_origin("https://host/")
    (True, ('https', 'host', 443))
    >>> parse_origin("http://other\\\\@host/")
    ('', '', 0)
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return NOWHERE
    if "@" in parts.netloc or _AMBIGUOUS.search(url) or not parts.hostname:
        return NOWHERE
    return parts.scheme, parts.hostname, port


def find_credentials_for_each(
    urls: Iterable[str],
    user: str | None,
    environment: Mapping[str, str],
    ask: Callable[[str], str] | None = None,
) -> dict[Origin, Credentials]:
    """Who asks each of several servers, as `find_credentials` has it; a password is asked for once a host."""
    asked = cache(ask) if ask else None
    return {parse_origin(url): find_credentials(url, user, environment, asked) for url in urls}


def find_credentials(
    url: str, user: str | None, environment: Mapping[str, str], ask: Callable[[str], str] | None = None
) -> Credentials:
    """Who asks the endpoint at `url`: the user with the password from the environment, netrc, or `ask`.

    Without a user, the token from the environment, or whom netrc names for the host; else nobody. Raises
    CredentialsError where a password is missing, or stands in the address.
    """
    host = check_address(url)
    if not user:
        if token := environment.get(TOKEN):
            return Credentials(token=_check_one_line(token, TOKEN))
        return _read_netrc(host, environment) or ANONYMOUS
    if ":" in user:
        raise CredentialsError(f"--user: give the name alone, and the password in {PASSWORD}")
    known = _read_netrc(host, environment)
    password = environment.get(PASSWORD) or (known.password if known and known.user == user else "")
    if not password and ask:
        password = ask(f"Password of {user} at {host}")
    if not password:
        raise CredentialsError(
            f"{redact_url(url)}: no password for {user}; put it into the variable {PASSWORD}, or into netrc"
        )
    return Credentials(user, _check_one_line(password, PASSWORD))


def check_address(url: str) -> str:
    """Return the host of an address; raises CredentialsError where a user or password stands in it."""
    try:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise CredentialsError(
                f"{redact_url(url)}: a user or password stands in the address, where others see it; "
                f"give --user, and the password in {PASSWORD}"
            )
        return parts.hostname or ""
    except ValueError:
        return ""  # no address at all: who opens it says so


def redact_url(url: str) -> str:
    """Return an address as messages show it: without user, password and parameters.

    >>> redact_url("http://me:pass-word@host:8080/sparql?key=1")
    'http://host:8080/sparql'
    """
    scheme, sep, rest = url.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{sep}{host.rpartition('@')[2]}{slash}{path}".partition("?")[0]


def _read_netrc(host: str, environment: Mapping[str, str]) -> Credentials | None:
    """Return the user and password that netrc has for this very host; its default is for no endpoint
    meant.
    """
    place = environment.get("NETRC") or str(Path(environment.get("HOME") or "~").expanduser() / ".netrc")
    try:
        entry = netrc(place).hosts.get(host) if os.path.isfile(place) else None  # noqa: PTH113
    except (NetrcParseError, OSError, ValueError) as error:
        line = getattr(error, "lineno", None)  # the error itself may quote a password
        raise CredentialsError(
            f"{place}{f':{line}' if line else ''}: is no netrc file that can be read; put it right"
        ) from None
    return Credentials(entry[0], entry[2]) if entry and entry[0] and entry[2] else None


def _check_one_line(secret: str, name: str) -> str:
    """Return a secret that can stand in a header; raises CredentialsError, which does not show it."""
    if any(ord(letter) < 32 for letter in secret):
        raise CredentialsError(f"{name}: holds a line break or another control character; give it without")
    return secret
