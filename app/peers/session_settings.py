"""libtorrent's settings for a Place, and which addresses it may never talk to. Pure values; called by `swarm`.

Everything that reaches out by itself is chosen here on purpose: no trackers, web seeds, UPnP beyond the place, no
announcement on the local network unless asked for, nothing that goes round a proxy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

import libtorrent as lt

from app.errors import PeerError
from app.peers.place import PRIVATE, Place

ALERTS = (
    lt.alert_category.error
    | lt.alert_category.status
    | lt.alert_category.storage
    | lt.alert_category.piece_progress
    | lt.alert_category.dht_operation
    | lt.alert_category.port_mapping
    | lt.alert_category.ip_block
)
_NEVER = (
    *(ipaddress.ip_network(block) for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")),
    *(ipaddress.ip_network(block) for block in ("::/127", "fe80::/10", "ff00::/8")),
)
"""This machine itself, link-local, multicast and reserved addresses: no peer has one."""


def settings_of(place: Place) -> dict[str, Any]:
    """All settings that differ from libtorrent's defaults."""
    outside = not place.isolated and place.proxy is None
    settings: dict[str, Any] = {
        "alert_mask": int(ALERTS),
        "alert_queue_size": 5_000,
        "listen_interfaces": _interfaces(place),
        # Else TCP leaves from whatever address the system likes, past a VPN that was chosen by its address.
        "outgoing_interfaces": place.host if place.proxy is None else "",
        # Finding peers.
        "enable_dht": True,
        "enable_lsd": place.lan and outside,
        "enable_upnp": outside,
        "enable_natpmp": outside,
        "dht_bootstrap_nodes": ",".join(_joined(host, port) for host, port in place.routers),
        "dht_upload_rate_limit": 20_000,
        "dht_block_ratelimit": 1_000 if place.isolated else 5,
        # One machine has few addresses (macOS a single one); the real DHT keeps its protection.
        "dht_restrict_routing_ips": not place.isolated,
        "dht_restrict_search_ips": not place.isolated,
        "dht_ignore_dark_internet": not place.isolated,
        "allow_multiple_connections_per_ip": place.isolated,
        # uTP crosses NATs; on one machine there are none, and TCP is twenty times as fast.
        "enable_outgoing_utp": not place.isolated,
        "webtorrent_stun_server": "",
        # What peers may make us do.
        "ssrf_mitigation": True,
        "allow_idna": False,
        "validate_https_trackers": True,
        "max_web_seed_connections": 0,
        "no_connect_privileged_ports": True,
        "apply_ip_filter_to_trackers": True,
        "max_metadata_size": 256 * 1024,
        "max_piece_count": 65_536,
        "metadata_token_limit": 30_000,
        "max_allowed_in_request_queue": 500,
        # A torrent whose files are chosen late counts as finished for a moment: its seeds must not hang up.
        "close_redundant_connections": False,
        # Two peers are told of each other at one moment and may both fail the first time.
        "min_reconnect_time": 10,
        "max_failcount": 8,
        "torrent_connect_boost": 50,
        # Small, for a process that mostly waits.
        "connections_limit": 150,
        "max_peerlist_size": 500,
        "max_paused_peerlist_size": 50,
        "dht_max_dht_items": 300,
        "aio_threads": 2,
        "hashing_threads": 1,
        "max_queued_disk_bytes": 16 * 1024 * 1024,
        "upload_rate_limit": place.upload_limit,
        "download_rate_limit": place.download_limit,
        "tick_interval": 100 if place.isolated else 500,
        "rate_limit_ip_overhead": not place.isolated,
        "proxy_type": int(lt.proxy_type_t.none),
    }
    if place.proxy is not None:
        proxy = place.proxy
        kind = lt.proxy_type_t.socks5_pw if proxy.user else lt.proxy_type_t.socks5
        settings |= {
            "proxy_type": int(kind),
            "proxy_hostname": proxy.host,
            "proxy_port": proxy.port,
            "proxy_username": proxy.user,
            "proxy_password": proxy.password,
            "proxy_peer_connections": True,
            "proxy_tracker_connections": True,
            "proxy_hostnames": True,
            "anonymous_mode": True,
        }
    return settings


def limit_neighbours(session: Any, place: Place) -> None:
    """Let the rate limits hold on this machine and the home network too, which libtorrent exempts."""
    session.set_peer_class(
        session.local_peer_class_id,
        {"upload_limit": place.upload_limit, "download_limit": place.download_limit},
    )


def _interfaces(place: Place) -> str:
    if place.host:
        return _joined(place.host, place.port)
    return f"0.0.0.0:{place.port},[::]:{place.port}"


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def filter_of(place: Place, blocked: Iterable[str]) -> Any:
    """libtorrent's filter: the `blocked` hosts, and what no peer outside this machine can be."""
    rules = lt.ip_filter()
    forbidden = [] if place.isolated else [*_NEVER, *(() if place.lan or place.private else PRIVATE)]
    for network in forbidden:
        rules.add_rule(str(network[0]), str(network[-1]), 1)
    for host in blocked:
        rules.add_rule(host, host, 1)
    return rules


def checked_address(place: Place, host: str, port: int) -> tuple[str, int]:
    """An endpoint somebody named, if a peer can be there; PeerError else (a name, this machine, a reserved port).

    Nobody may make us knock at a door of this machine or of the home network.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise PeerError("A peer's address is not an address") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    allowed = not any(address in block for block in _NEVER if block.version == address.version)
    if place.isolated:
        allowed = address.is_loopback
    elif allowed and not (place.lan or place.private):
        allowed = not any(address in block for block in PRIVATE if block.version == address.version)
    if not allowed or not 1024 <= port < 65_536:
        raise PeerError("A peer cannot be at that address")
    return str(address), port
