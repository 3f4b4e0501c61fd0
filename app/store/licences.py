"""Which licences let a work be shared. Pure; the publisher's preview warns by it, Discover filters by it.

It reads what tags say (an address or a name); what it does not know it does not call free.
"""

from __future__ import annotations

_WORDS = ("creativecommons.org", "creative commons", "public domain", "publicdomain", "cc0", "cc by", "cc-by")
_OTHERS = ("gnu free documentation", "free art licen", "artlibre.org")

FREE_SQL = "(" + " OR ".join(f"instr(lower({{0}}), '{word}') > 0" for word in (*_WORDS, *_OTHERS)) + ")"
"""The same as `may_be_shared`, as an SQL expression over the column put for `{0}`."""


def may_be_shared(licence: str) -> bool:
    """Whether a licence, as tags name it, lets everybody pass the work on unchanged and free of charge."""
    lower = licence.lower()
    return any(word in lower for word in (*_WORDS, *_OTHERS))
