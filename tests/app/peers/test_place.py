"""The user's network settings as a Place."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import BOOTSTRAP, DOWNLOAD_LIMIT, LAN, LISTEN_HOST, LISTEN_PORT, PROXY, UPLOAD_LIMIT, Settings
from app.errors import SettingsError
from app.peers.place import Place, Proxy, place_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.toml")


def test_defaults_listen_everywhere_and_know_the_public_routers(settings: Settings) -> None:
    place = place_of(settings)
    assert (place.host, place.port, place.lan, place.proxy) == ("", 0, False, None)
    assert ("router.bittorrent.com", 6881) in place.bootstrap
    assert not place.isolated


def test_every_value_arrives(settings: Settings) -> None:
    settings.set(LISTEN_HOST, "127.3.9.1")
    settings.set(LISTEN_PORT, 7001)
    settings.set(BOOTSTRAP, "127.4.9.1:7002, [::1]:9")
    settings.set(LAN, True)
    settings.set(PROXY, "socks5://me:p%40ss@10.0.0.9:1080")
    settings.set(UPLOAD_LIMIT, 10)
    settings.set(DOWNLOAD_LIMIT, 20)
    assert place_of(settings) == Place(
        host="127.3.9.1",
        port=7001,
        bootstrap=(("127.4.9.1", 7002), ("::1", 9)),
        lan=True,
        proxy=Proxy("10.0.0.9", 1080, "me", "p@ss"),
        upload_limit=10_240,
        download_limit=20_480,
    )
    assert place_of(settings).isolated


@pytest.mark.parametrize("wrong", ["nowhere", "host:", ":80", "host:0", "host:70000", "host:x1", "host:²"])
def test_a_wrong_router_is_named(settings: Settings, wrong: str) -> None:
    settings.set(BOOTSTRAP, f"router.bittorrent.com:6881 {wrong}")
    with pytest.raises(SettingsError, match=r"network\.bootstrap"):
        place_of(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        "http://host:80",
        "socks5://host",
        "socks5://:80",
        "socks5://host:99999",
        "socks5://user:secret@host",
        "host:80",
        "socks5://host:80/x",
        "socks5://[::1:80",
    ],
)
def test_a_wrong_proxy_is_named_without_its_password(settings: Settings, wrong: str) -> None:
    settings.set(PROXY, wrong)
    with pytest.raises(SettingsError, match=r"network\.proxy") as raised:
        place_of(settings)
    assert "secret" not in str(raised.value)


def test_a_wrong_host_is_named(settings: Settings) -> None:
    settings.set(LISTEN_HOST, "localhost")
    with pytest.raises(SettingsError, match=r"network\.listen_host"):
        place_of(settings)
