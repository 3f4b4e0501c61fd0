"""The key of a profile: made once, kept private, the same to libtorrent and IPv8, and its signatures hold."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers import identity as module
from app.peers.identity import Identity, nickname, verify

SEED = bytes(range(32))
ME = Identity(SEED)


def test_an_identity_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "profile" / "identity.key"
    made = Identity.load(path)
    assert Identity.load(path).key == made.key
    assert made.hex == made.key.hex()
    assert len(made.key) == 32
    assert Identity.new().key != made.key


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_file_is_private_and_made_so_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "identity.key"
    made = Identity.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert Identity.load(path).key == made.key
    assert path.stat().st_mode & 0o777 == 0o600
    assert "private again" in caplog.text
    assert made.hex not in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content + b"\n",
        lambda content: content[:25] + (b"0" if content[25:26] != b"0" else b"1") + content[26:],
        lambda content: content.upper(),
        lambda content: b"\0" * len(content),
        lambda content: os.urandom(5000),
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "identity.key"
    Identity.load(path)
    content = damage(path.read_bytes())
    path.write_bytes(content)
    with pytest.raises(PeerError, match="damaged"):
        Identity.load(path)
    assert path.read_bytes() == content


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PeerError, match="no plain file"):
        Identity.load(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(PeerError, match="no plain file"):
        Identity.load(link)
    below = tmp_path / "file"
    below.write_bytes(b"")
    with pytest.raises(PeerError, match="cannot be used"):
        Identity.load(below / "identity.key")


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(PeerError, match="31 bytes"):
        Identity(bytes(31))


def test_signatures_hold_for_their_message_and_key_alone() -> None:
    signature = ME.sign(b"message")
    assert verify(ME.key, signature, b"message")
    assert not verify(ME.key, signature, b"messagE")
    assert not verify(Identity.new().key, signature, b"message")
    assert not verify(ME.key, signature[:-1], b"message")
    assert not verify(ME.key[:-1], signature, b"message")
    assert not verify(b"\xff" * 32, signature, b"message")


def test_a_signature_has_one_form() -> None:
    """Adding the group's order to its second half gives other bytes that must not pass (RFC 8032, 5.1.7)."""
    signature = ME.sign(b"message")
    order = 2**252 + 27742317777372353535851937790883648493
    second = int.from_bytes(signature[32:], "little") + order
    assert not verify(ME.key, signature[:32] + second.to_bytes(32, "little"), b"message")


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=40))
def test_whatever_is_verified_is_true_or_false(key: bytes, signature: bytes, message: bytes) -> None:
    assert verify(key, signature, message) is False


P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def _add(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    """The sum of two points of edwards25519 in affine coordinates."""
    (x1, y1), (x2, y2) = first, second
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P)
    return x % P, y % P


@pytest.mark.parametrize("key", sorted(module._WEAK), ids=bytes.hex)
def test_keys_that_anybody_can_sign_for_are_none(key: bytes) -> None:
    y = int.from_bytes(key, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    point = (x, y % P)
    for _ in range(3):
        point = _add(point, point)
    assert point == (0, 1)  # eight times the point is nothing at all
    assert not verify(key, bytes(64), b"message")
    assert not verify(key, key + bytes(32), b"message")


def test_the_secrets_differ_and_do_not_change() -> None:
    secrets = [ME.dht_secret(), ME.overlay_secret(), ME.noise_secret()]
    assert [len(secret) for secret in secrets] == [64, 74, 32]
    assert secrets == [Identity(SEED).dht_secret(), Identity(SEED).overlay_secret(), Identity(SEED).noise_secret()]
    assert ME.noise_secret() not in ME.overlay_secret()
    assert Identity.new().noise_secret() != ME.noise_secret()


def test_the_overlay_speaks_as_the_same_peer() -> None:
    from ipv8.keyvault.crypto import default_eccrypto

    private = default_eccrypto.key_from_private_bin(ME.overlay_secret())
    public = private.pub().key_to_bin()
    assert public[-32:] == ME.key
    assert verify(ME.key, private.signature(b"message"), b"message")


def test_the_dht_secret_makes_the_same_signatures() -> None:
    """RFC 8032 signing from the expanded secret: what libtorrent does with it."""
    secret = ME.dht_secret()
    scalar = int.from_bytes(secret[:32], "little")
    point, base = (0, 1), (0, 0)
    y = 4 * pow(5, P - 2, P) % P
    x = pow((y * y - 1) * pow(D * y * y + 1, P - 2, P) % P, (P + 3) // 8, P)
    if (x * x - (y * y - 1) * pow(D * y * y + 1, P - 2, P)) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    base = (x if x % 2 == 0 else P - x, y)
    for bit in bin(scalar)[2:]:
        point = _add(point, point)
        if bit == "1":
            point = _add(point, base)
    encoded = bytearray(point[1].to_bytes(32, "little"))
    encoded[31] |= (point[0] & 1) << 7
    assert bytes(encoded) == ME.key


def test_a_nickname_is_readable_and_stable() -> None:
    assert nickname(ME.key) == nickname(ME.key)
    adjective, bird, number = nickname(ME.key).split(" ")
    assert adjective.isalpha()
    assert bird.isalpha()
    assert len(number) == 4
    names = {nickname(bytes((i, j)) * 16) for i in range(40) for j in range(40)}
    assert len(names) > 1590
    assert len(set(module._ADJECTIVES.split())) == len(module._ADJECTIVES.split()) == 64
    assert len(set(module._BIRDS.split())) == len(module._BIRDS.split()) == 64
