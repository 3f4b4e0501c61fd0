"""Which settings a Place leads to, and which addresses no peer can have."""

from __future__ import annotations

import libtorrent as lt
import pytest

from app.errors import PeerError
from app.peers.place import Place, Proxy
from app.peers.session_settings import checked_address, filter_of, settings_of

OUTSIDE = Place(bootstrap=(("router.example", 6881), ("::1", 7)))
ISOLATED = Place(host="127.3.9.1")
HOME = Place(lan=True)
PROXIED = Place(proxy=Proxy("127.0.0.1", 9050, "me", "secret"))


def test_libtorrent_knows_every_setting() -> None:
    for place in (OUTSIDE, ISOLATED, HOME, PROXIED):
        packed = lt.session_params()
        packed.settings = settings_of(place)
        known = packed.settings
        assert set(settings_of(place)) <= set(known) | {"outgoing_interfaces", "proxy_hostname", "dht_bootstrap_nodes"}


def test_nothing_reaches_out_of_an_isolated_place_or_round_a_proxy() -> None:
    for place in (ISOLATED, PROXIED):
        settings = settings_of(place)
        assert not any(settings[name] for name in ("enable_upnp", "enable_natpmp", "enable_lsd"))
    assert settings_of(PROXIED)["anonymous_mode"]
    assert settings_of(PROXIED)["proxy_peer_connections"]
    assert settings_of(ISOLATED)["dht_bootstrap_nodes"] == ""


def test_a_first_contact_nearby_is_no_router() -> None:
    routers = (("router.example", 6881), ("192.168.1.7", 7))
    outside, home = Place(bootstrap=routers), Place(host="192.168.1.8", bootstrap=routers)
    for place in (outside, home):
        assert settings_of(place)["dht_bootstrap_nodes"] == "router.example:6881"
        assert place.near == (("192.168.1.7", 7),)
    alone = Place(host="127.1.9.1", bootstrap=(("127.2.9.1", 7),))
    assert settings_of(alone)["dht_bootstrap_nodes"] == ""
    assert alone.near == alone.bootstrap


def test_the_local_network_is_not_called_unless_asked_for() -> None:
    assert not settings_of(OUTSIDE)["enable_lsd"]
    assert settings_of(HOME)["enable_lsd"]
    assert settings_of(OUTSIDE)["dht_bootstrap_nodes"] == "router.example:6881,[::1]:7"
    assert settings_of(OUTSIDE)["listen_interfaces"] == "0.0.0.0:0,[::]:0"


@pytest.mark.parametrize("place", [OUTSIDE, ISOLATED, HOME, PROXIED])
def test_what_the_notes_ask_for_is_set(place: Place) -> None:
    settings = settings_of(place)
    assert settings["ssrf_mitigation"]
    assert not settings["allow_idna"]
    assert settings["max_web_seed_connections"] == 0
    assert not settings["close_redundant_connections"]
    assert settings["dht_upload_rate_limit"] >= 8_000


NEVER = ["0.0.0.1", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "ff02::1"]
AT_HOME = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "fd00::1"]
PUBLIC = ["8.8.8.8", "203.0.113.7", "2001:db8::7", "172.32.0.1"]


@pytest.mark.parametrize(
    ("place", "allowed", "refused"),
    [
        (OUTSIDE, PUBLIC, NEVER + AT_HOME + ["::ffff:127.0.0.1", "::ffff:10.0.0.1"]),
        (HOME, PUBLIC + AT_HOME, [*NEVER, "::ffff:127.0.0.1"]),
        (Place(host="192.168.1.9"), PUBLIC + AT_HOME, NEVER),
        (ISOLATED, ["127.0.0.1", "127.9.9.1", "::1"], [*PUBLIC, *AT_HOME, "0.0.0.0"]),
    ],
)
def test_addresses(place: Place, allowed: list[str], refused: list[str]) -> None:
    for host in allowed:
        assert checked_address(place, host, 6881)[1] == 6881
    for host in refused:
        with pytest.raises(PeerError):
            checked_address(place, host, 6881)
    rules = filter_of(place, ["8.8.4.4", "2001:db8::bad"])
    assert all(rules.access(host) == 0 for host in allowed)
    assert rules.access("8.8.4.4") == 1
    assert rules.access("2001:db8::bad") == 1
    if not place.isolated:
        assert all(rules.access(host) == 1 for host in refused if not host.startswith("::ffff"))


@pytest.mark.parametrize("port", [-1, 0, 22, 80, 443, 1023, 65_536, 10**9])
def test_ports_of_services_are_never_knocked_at(port: int) -> None:
    with pytest.raises(PeerError):
        checked_address(OUTSIDE, "8.8.8.8", port)


@pytest.mark.parametrize(
    "host", ["", "localhost", "router.example", "1.2.3", "1.2.3.4.5", "8.8.8.8 ", "8.8.8.8:1", "é"]
)
def test_names_are_never_looked_up(host: str) -> None:
    with pytest.raises(PeerError):
        checked_address(OUTSIDE, host, 6881)
