"""What catalogues are forged from: a good manifest, JSON in the agreed form, any value."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from app.peers.catalogue import Manifest, ShardRef, SpaceRef
from app.peers.manifest import write_manifest

KEY = bytes(range(32))
SPACE = "a-v1-00000000"
GOOD_MANIFEST = write_manifest(
    Manifest(
        KEY, 3, b"\x05" * 32, "Ada", (SpaceRef(SPACE, 8),), (ShardRef("00000", 2, (SPACE,)), ShardRef("00001", 1)),
        (b"\x01" * 32, b"\x02" * 32), (b"\x03" * 32,),
    )
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("A" * 43),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def text(value: object) -> bytes:
    """JSON in the agreed form, of any value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def reordered(content: bytes) -> bytes:
    """A JSON object with its fields backwards."""
    return text(dict(reversed(json.loads(content).items())))
