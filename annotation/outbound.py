"""The only requests that the server makes to addresses which people entered (S21): resolved once and connected to by
that address, public ones only unless the administrator allows more, no redirects, bounded in time, and never echoed."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from annotation.errors import AppError, ErrorCode

SECONDS = 10.0
"""For all of a request: names, connection, answer."""
MAX_URL = 500
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Addresses that are public by name and carry an IPv4 address inside, which may be none.
_WRAPPERS = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("2002::/16"), ip_network("2001::/32"))


class UnreachableError(Exception):
    """Nothing was answered; the text says why, for the person who entered the address."""


def _refused(sentence: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, sentence, status=422)


def check_url(url: str) -> None:
    """Raise unless this could be an address to send to. What its name stands for is looked at when sending."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused(f"Enter an address of at most {MAX_URL} plain characters, without spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("This is no address. It begins with https:// and a host's name.") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0:
        raise _refused("This is no address. It begins with https:// and a host's name.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("Leave names, passwords and # out of the address: what is sent is signed instead.")
    with suppress(ValueError):
        _check_address(ip_address(parts.hostname))


def _check_address(address: IPv4Address | IPv6Address) -> None:
    """Raise for an address inside of the server's own network."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in ip_network(network) for network in settings.WEBHOOK_NETWORKS):
        return
    wrapped = address.version == 6 and any(address in network for network in _WRAPPERS)
    if wrapped or not address.is_global or address.is_multicast:
        raise _refused(
            "This address is inside of the server's own network. An administrator can allow it by "
            "CYTOMARK_WEBHOOK_NETWORKS."
        )


def _resolve(parts: SplitResult) -> tuple[str, int]:
    """The address and port to connect to. All addresses of the name have to be allowed."""
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"The name {parts.hostname} is not known.") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        _check_address(ip_address(address))
    return addresses[0], port


def post_json(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send it; returns the HTTP status, whatever it is. Raises UnreachableError, and AppError for a refused address."""
    check_url(url)
    parts = urlsplit(url)
    target = _resolve(parts)
    try:
        with socket.create_connection(target, timeout=SECONDS) as plain:
            return _ask(plain, parts, body, headers)
    except TimeoutError as error:
        raise UnreachableError(f"There was no answer within {SECONDS:.0f} seconds.") from error
    except ssl.SSLError as error:
        raise UnreachableError("The host's certificate cannot be trusted, or it does not speak TLS.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise UnreachableError("The connection was refused or broke off.") from error


def _ask(plain: socket.socket, parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    """One request over a connection that is there already. Whoever answers drop by drop is cut off in time."""
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            plain.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(SECONDS, cut)
    timer.daemon = True
    timer.start()
    connection = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(parts.hostname or "", parts.port)
    try:
        # Connected already, and by its address: http.client would look the name up once more (rebinding).
        connection.sock = _secured(plain, parts.hostname or "") if parts.scheme == "https" else plain
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        if over.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        connection.close()


def _secured(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
