"""The commands of the network, as a script would call them: a real profile, exit codes and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from app.paths import Profile
from app.peers.cards import Card, card_text, encode_card
from app.peers.identity import Identity
from app.store.items import Items
from app.store.playlists import Playlists
from tests.factories import found_item, open_database

FRIEND = Identity(b"f" * 32)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    made = Profile.at(tmp_path / "profile")
    made.make()
    return made


def call(profile: Profile, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert main(["--profile", str(profile.root), *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(profile: Profile, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["--profile", str(profile.root), *words]) == 1
    return capsys.readouterr().err


def test_the_profile_is_taken_before_and_behind_the_command(
    profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = set()
    for words in (
        ["--profile", str(profile.root), "card", "--json"],
        ["card", "--profile", str(profile.root), "--json"],
        ["--profile", str(tmp_path / "other"), "card", "--profile", str(profile.root), "--json"],
    ):
        assert main(words) == 0
        keys.add(json.loads(capsys.readouterr().out)["key"])
    assert keys == {Identity.load(profile.identity).key.hex()}


def test_a_friends_card_is_followed_and_blocked(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    text = card_text(encode_card(Card(FRIEND.key, 1, 1, name="Anna"), FRIEND))
    assert call(profile, capsys, "peers") == []
    assert call(profile, capsys, "follow", text)["name"] == "Anna"
    (row,) = call(profile, capsys, "peers")
    assert row["followed"]
    assert row["key"] == FRIEND.key.hex()
    assert not call(profile, capsys, "unfollow", "anna")["followed"]
    assert call(profile, capsys, "block", FRIEND.key.hex()[:8])["blocked"]
    assert call(profile, capsys, "unblock", FRIEND.key.hex())["key"] == FRIEND.key.hex()
    assert call(profile, capsys, "peers") == []


def test_a_card_in_a_file_and_a_bare_key_are_followed(
    profile: Profile, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "anna.card"
    file.write_text(card_text(encode_card(Card(FRIEND.key, 1, 1, name="Anna"), FRIEND)) + "\n")
    assert call(profile, capsys, "follow", str(file))["name"] == "Anna"
    other = Identity(b"g" * 32)
    made_up = call(profile, capsys, "follow", other.key.hex())
    assert made_up["followed"]
    assert made_up["name"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("follow", "127.0.0.1:6881"), "only be followed while the network is on"),
        (("follow", "nobody"), "No such peer"),
        (("follow", "bowerbird:aaaa"), "card"),
        (("unfollow", "abcdef"), "No such peer"),
        (("block", "abcdef"), "No such peer"),
        (("publish", "/nowhere"), "Neither a folder of the library nor a playlist"),
        (("discover", "--peer", "nobody"), "No such peer"),
    ],
)
def test_wrong_words_are_said_in_words(
    profile: Profile, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    assert reason in refused(profile, capsys, *words)


def test_the_card_that_was_announced_is_given(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    own = Identity.load(profile.identity)
    signed = encode_card(Card(own.key, 3, 1, name="Me"), own)
    profile.own_card.parent.mkdir(parents=True, exist_ok=True)
    profile.own_card.write_bytes(signed)
    assert call(profile, capsys, "card") == {"key": own.key.hex(), "card": card_text(signed)}
    # Another's, or a damaged one, is not handed out.
    for wrong in (encode_card(Card(FRIEND.key, 1, 1), FRIEND), signed[:-1]):
        profile.own_card.write_bytes(wrong)
        assert call(profile, capsys, "card") == {"key": own.key.hex()}


def test_ones_own_card(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    key = call(profile, capsys, "card")["key"]
    assert Identity.load(profile.identity).key.hex() == key
    assert "your own card" in refused(profile, capsys, "follow", key)


def test_publishing_with_a_preview_and_back(
    profile: Profile, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    with open_database(profile.root) as database:
        store = Items(database)
        folder = store.add_folder(str(music))
        items = [found_item(number, folder.id, str(music)) for number in range(3)]
        for item in items:
            Path(item.path).touch()
        store.save_found(items)
        Playlists(database).create("Evening", [])
    assert call(profile, capsys, "publish") == []
    preview = call(profile, capsys, "publish", str(music), "--preview", "--licence", "CC0-1.0")
    assert len(preview["items"]) == 3
    assert preview["unfree"] == 0
    assert not any(str(music) in json.dumps(item) for item in preview["items"])
    assert call(profile, capsys, "publish") == []
    (row,) = call(profile, capsys, "publish", str(music), "--licence", "CC0-1.0")
    assert (row["items"], row["licence"]) == (3, "CC0-1.0")
    assert len(call(profile, capsys, "publish", "Evening")) == 2
    assert len(call(profile, capsys, "publish", "--stop", "Evening")) == 1
    assert call(profile, capsys, "publish", "--stop") == []
