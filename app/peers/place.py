"""Where in the network this machine stands: the user's network settings as values.

`service` makes a Place from the settings file; swarm, overlay and rendezvous are built with it. Pure.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.config import (
    BOOTSTRAP,
    DOWNLOAD_LIMIT,
    LAN,
    LISTEN_HOST,
    LISTEN_PORT,
    OVERLAY_PORT,
    PROXY,
    UPLOAD_LIMIT,
    Settings,
)
from app.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Proxy:
    """A SOCKS5 server that all of the swarm's connections go through; "" for no user."""

    host: str
    port: int
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, whom to ask first, and how much to send. Limits: bytes/s, 0 for none."""

    host: str = ""
    """One address to listen on; "" for all."""
    port: int = 0
    """Of the swarm; 0 lets the system choose."""
    overlay_port: int = 0
    bootstrap: tuple[tuple[str, int], ...] = ()
    lan: bool = False
    proxy: Proxy | None = None
    upload_limit: int = 0
    download_limit: int = 0

    @property
    def isolated(self) -> bool:
        """A network of this machine alone: nothing may reach outside it."""
        return self.host.startswith("127.") or self.host == "::1"

    @property
    def routers(self) -> tuple[tuple[str, int], ...]:
        """First contacts out in the world: asked for others, never counted among the nodes one knows."""
        near = self.near
        return tuple(address for address in self.bootstrap if address not in near)

    @property
    def near(self) -> tuple[tuple[str, int], ...]:
        """First contacts on this machine or network: peers like us, so they are nodes like all others."""
        return tuple(address for address in self.bootstrap if self.isolated or is_private(address[0]))

    @property
    def private(self) -> bool:
        """Listening on an address of a private network, so that others there are met on purpose."""
        return bool(self.host) and is_private(self.host)


def is_private(host: str) -> bool:
    """Whether an address is one of a home or company network (RFC 1918, RFC 4193)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in PRIVATE if network.version == address.version)


PRIVATE = tuple(ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


def place_of(settings: Settings) -> Place:
    """The Place the settings ask for. Raises SettingsError naming the value that cannot be used."""
    host = settings.get(LISTEN_HOST).strip()
    if host:
        try:
            ipaddress.ip_address(host)
        except ValueError as wrong:
            raise SettingsError(
                f"{LISTEN_HOST.key}: {host!r} is not an address", "Give one, or leave it empty."
            ) from wrong
    return Place(
        host=host,
        port=settings.get(LISTEN_PORT),
        overlay_port=settings.get(OVERLAY_PORT),
        bootstrap=tuple(_host_port(word) for word in settings.get(BOOTSTRAP).replace(",", " ").split()),
        lan=settings.get(LAN),
        proxy=_proxy(settings.get(PROXY).strip()),
        upload_limit=settings.get(UPLOAD_LIMIT) * 1024,
        download_limit=settings.get(DOWNLOAD_LIMIT) * 1024,
    )


def _host_port(word: str) -> tuple[str, int]:
    host, colon, port = word.rpartition(":")
    if not colon or not host.strip("[]") or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise SettingsError(f"{BOOTSTRAP.key}: {word!r} is not host:port", "Routers are separated by blanks.")
    return host.strip("[]"), int(port)


def _proxy(text: str) -> Proxy | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.scheme != "socks5" or parts.path.strip("/") or parts.query or parts.fragment:
        # The text is not repeated: it may hold a password, and notices are shown and logged.
        raise SettingsError(f"{PROXY.key} cannot be used", "It has the form socks5://[user:password@]host:port.")
    return Proxy(host, port, unquote(parts.username or ""), unquote(parts.password or ""))
