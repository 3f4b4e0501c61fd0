"""Which addresses that others tell us may be contacted at all.

Peers introduce peers, so every address from outside could be made to point at somebody's router or printer. What is
refused here is refused before a datagram leaves: an address of another scope than the one it came from.
"""

from __future__ import annotations

import ipaddress
from enum import Enum, auto

LOWEST_PORT = 1024
"""Below live services of other kinds; no Bowerbird listens there."""


class Scope(Enum):
    """How far an IPv4 address reaches."""

    MACHINE = auto()
    """127.0.0.0/8"""
    PRIVATE = auto()
    """RFC 1918 and the carriers' 100.64.0.0/10"""
    PUBLIC = auto()


_PRIVATE = tuple(
    ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)


def scope_of(host: str) -> Scope | None:
    """Return how far `host` reaches; None for what is no IPv4 address, or one nobody listens at."""
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return None
    if address.is_loopback:
        return Scope.MACHINE
    if any(address in block for block in _PRIVATE):
        return Scope.PRIVATE
    if address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved:
        return None
    return Scope.PUBLIC


def may_contact(host: str, port: int, told_by: str) -> bool:
    """Whether an address that a peer at `told_by` tells us may be contacted.

    A peer on this machine may name machine addresses, one in our house also private ones, one from the internet only
    public ones.
    """
    return within(host, port, scope_of(told_by))


def within(host: str, port: int, widest: Scope | None) -> bool:
    """Whether an address may be contacted from a place of that scope: see `may_contact`."""
    scope = scope_of(host)
    if scope is None or widest is None or not LOWEST_PORT <= port <= 65_535:
        return False
    if widest is Scope.MACHINE:
        return scope is Scope.MACHINE
    return scope is Scope.PUBLIC or (scope is Scope.PRIVATE and widest is Scope.PRIVATE)


def crowd_of(host: str) -> str:
    """Return the /24 that a public address lies in, "" for others: no crowd gets more than a few places."""
    return host.rpartition(".")[0] if scope_of(host) is Scope.PUBLIC else ""
