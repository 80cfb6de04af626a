"""Credentials for endpoints: found in options, the environment or netrc, and never shown in a text."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from netrc import NetrcParseError, netrc
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

from build_graph.errors import ObligationError

PASSWORD = "OBLIGATIONS_PASSWORD"  # environment variables that hold them
TOKEN = "OBLIGATIONS_TOKEN"
_PORTS = {"http": 80, "https": 443}
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")  # libraries differ on whether these end a host

Origin = tuple[str, str, int]  # scheme, host, port: a password is shared by no two
NOWHERE: Origin = "", "", 0


class CredentialsError(ObligationError):
    """Credentials that are missing, or stand where everybody sees them."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, or a token, or neither."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Return whether there is a user or a token."""
        return bool(self.user or self.token)

    def redact(self, text: str) -> str:
        """Return a text, such as the answer of a server, with each secret replaced by …

        >>> Credentials("me", "pass-word").redact("no pass-word for me")
        'no … for me'
        """
        for secret in sorted(self._list_secrets(), key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def describe_refusal(self) -> str:
        """Return the message, with what to do, for an endpoint that answers 401."""
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


def parse_origin(url: str) -> Origin:
    """Return scheme, host and port of an address; NOWHERE for one that libraries read in different ways.

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
    """Return the credentials for each of several servers; the user is asked for a password once a host."""
    asked = cache(ask) if ask else None
    return {parse_origin(url): find_credentials(url, user, environment, asked) for url in urls}


def find_credentials(
    url: str, user: str | None, environment: Mapping[str, str], ask: Callable[[str], str] | None = None
) -> Credentials:
    """Return the credentials for `url`: the user with the password from the environment, netrc, or `ask`.

    Without a user, return the token from the environment, or what netrc has for the host; else ANONYMOUS.
    Raise CredentialsError where a password is missing, or stands in the address.
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
    """Return the host of an address; raise CredentialsError where a user or password stands in it."""
    try:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise CredentialsError(
                f"{redact_url(url)}: a user or password stands in the address, where others see it; "
                f"give --user, and the password in {PASSWORD}"
            )
        return parts.hostname or ""
    except ValueError:
        return ""  # no address at all: the client reports it


def redact_url(url: str) -> str:
    """Return an address as messages show it: without user, password and parameters.

    >>> redact_url("http://me:pass-word@host:8080/sparql?key=1")
    'http://host:8080/sparql'
    """
    scheme, sep, rest = url.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{sep}{host.rpartition('@')[2]}{slash}{path}".partition("?")[0]


def _read_netrc(host: str, environment: Mapping[str, str]) -> Credentials | None:
    """Return what netrc has for this very host; its default entry was not meant for endpoints."""
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
    """Return a secret that can stand in a header; raise CredentialsError, which does not show it."""
    if any(ord(letter) < 32 for letter in secret):
        raise CredentialsError(f"{name}: holds a line break or another control character; give it without")
    return secret
