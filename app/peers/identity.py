"""Who we are to other peers: one ed25519 key per profile, and the secrets derived from it.

The network process loads it once. The file holds 32 secret bytes and is readable by this user alone; whoever has it can
speak as this peer. Nothing here logs a key or a secret.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import PeerError
from app.files import write_atomically

log = logging.getLogger(__name__)

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_FILE = re.compile(rb"bowerbird identity 1\n([0-9a-f]{64})\n([0-9a-f]{64})\n")
_WEAK = frozenset(
    bytes.fromhex(number)
    for y in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
    for number in (y, y[:-2] + f"{int(y[-2:], 16) | 0x80:02x}")
)
"""Encodings of points of small order: for such a "key" anybody can make signatures, so it names nobody."""

_ADJECTIVES = (
    "amber airy azure bold brave brisk bright calm candid clear clever coral cosy crisp dapper daring eager early easy "
    "fair fleet fond free fresh gentle glad golden grand happy hardy humble indigo ivory jolly keen kind lively lucky "
    "mellow merry mild misty neat nimble noble olive patient placid plucky polite proud quick quiet rapid ready robust "
    "rosy ruby shy silver spry sunny tame tidy"
)
_BIRDS = (
    "auk avocet bittern bulbul bunting crake crane curlew dipper dove dunlin egret eider falcon finch fulmar gannet "
    "godwit grebe harrier heron hobby hoopoe ibis jackdaw jay kestrel kite knot lapwing lark linnet loon magpie martin "
    "merlin moorhen oriole osprey ouzel owl petrel pipit plover puffin quail rail raven robin roller ruff shrike "
    "siskin skua snipe sparrow starling stork swan swift teal tern thrush wren"
)


class Identity:
    """One peer's private key. `key` is its public half: 32 bytes that name the peer everywhere."""

    def __init__(self, seed: bytes) -> None:
        """Use a secret of 32 bytes. Raises PeerError for another length."""
        if len(seed) != KEY_BYTES:
            raise PeerError("This is no identity", f"it has {len(seed)} bytes instead of {KEY_BYTES}")
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = self._private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @classmethod
    def new(cls) -> Identity:
        """A fresh one, in memory."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def load(cls, path: Path) -> Identity:
        """Read the identity at `path`, or make one there where no file is.

        A file that others may read is made private again, with a line in the log. Raises PeerError when the file is
        damaged, no plain file, or cannot be read or written; it is never overwritten.
        """
        try:
            if not path.is_symlink() and not path.exists():
                return cls._make(path)
            return cls._read(path)
        except OSError as error:
            raise PeerError("The identity of this profile cannot be used", str(error), path) from error

    @classmethod
    def _make(cls, path: Path) -> Identity:
        made = cls.new()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = f"bowerbird identity 1\n{made._seed.hex()}\n{made.hex}\n"
        write_atomically(path, content.encode(), mode=0o600)
        return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> Identity:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode):
            raise PeerError("The identity of this profile cannot be used", "it is no plain file", path)
        if os.name == "posix" and state.st_mode & 0o077:
            path.chmod(0o600)
            log.warning("The identity was readable by others; it is private again")
        with path.open("rb") as file:
            match = _FILE.fullmatch(file.read(1024))
        if match is not None:
            found = cls(bytes.fromhex(match[1].decode()))
            if found.hex == match[2].decode():
                return found
        raise PeerError(
            "The identity of this profile is damaged",
            "Put back a copy of the file, or remove it to begin as a new peer; others will not know you then",
            path,
        )

    @property
    def hex(self) -> str:
        """The public key as 64 hex digits."""
        return self.key.hex()

    def sign(self, message: bytes) -> bytes:
        """The 64-byte ed25519 signature of `message` (RFC 8032)."""
        return self._private.sign(message)

    def dht_secret(self) -> bytes:
        """The secret as libtorrent wants it for BEP 44: the clamped SHA-512 of the seed, 64 bytes."""
        digest = bytearray(hashlib.sha512(self._seed).digest())
        digest[0] &= 248
        digest[31] &= 63
        digest[31] |= 64
        return bytes(digest)

    def overlay_secret(self) -> bytes:
        """The secret as IPv8 wants it, 74 bytes: `LibNaCLSK:`, an X25519 secret derived from ours, our seed.

        IPv8's public form is then `LibNaCLPK:`, 32 bytes of X25519, and `key`: its last 32 bytes name the peer.
        """
        return b"LibNaCLSK:" + self._derived(b"bowerbird overlay 1") + self._seed

    def noise_secret(self) -> bytes:
        """32 secret bytes that decide the noise of what we tell of our taste (`models/privacy.py`)."""
        return self._derived(b"bowerbird noise 1")

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(self._seed)


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of `key` signed `message`. False for anything that is no key or no signature; 0.1 to 0.2 ms."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES or key in _WEAK:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def nickname(key: bytes) -> str:
    """A readable name that follows from the key, for peers that gave themselves none: "quiet heron 3f2a"."""
    digest = hashlib.sha256(b"bowerbird nickname\n" + key).digest()
    adjectives, birds = _ADJECTIVES.split(), _BIRDS.split()
    return f"{adjectives[digest[0] % len(adjectives)]} {birds[digest[1] % len(birds)]} {digest[2:4].hex()}"
