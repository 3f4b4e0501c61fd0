"""What the derived files beside library.db hold: scores.db (written by the studio) and offers.db (by the network).

Each has one writer and is attached to library.db for reading; lost or damaged, it is made anew. Only SQL is here;
`{schema}` is the name under which the file is attached, or main. database.py runs it.
"""

from __future__ import annotations

SCORES = """
CREATE TABLE IF NOT EXISTS {schema}.scores (
    item_id   INTEGER PRIMARY KEY,
    score     REAL NOT NULL,
    deviation REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS {schema}.scores_by_score ON scores(score, item_id);
CREATE TABLE IF NOT EXISTS {schema}.fitting (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    labels    INTEGER NOT NULL,
    fitted_at REAL NOT NULL,
    accuracy  REAL NOT NULL,
    low       REAL NOT NULL,
    high      REAL NOT NULL
) STRICT;
"""

OFFER_SCORES = """
CREATE TABLE IF NOT EXISTS {schema}.offer_scores (
    offer_id  INTEGER PRIMARY KEY,           -- offers.id in offers.db
    score     REAL,                          -- both NULL while nothing is rated
    deviation REAL,
    owned     INTEGER NOT NULL DEFAULT 0     -- an Item of ours that is nearly the same, 0: none
) STRICT;
"""
"""In scores.db too; apart, so that a scores.db of an older version gets it and keeps its ranking."""

MAP = """
CREATE TABLE IF NOT EXISTS {schema}.map_layout (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    ids     BLOB NOT NULL,                   -- item ids, int64, little-endian, ascending
    places  BLOB NOT NULL,                   -- x and y of each in 0..1, float32, little-endian
    spaces  TEXT NOT NULL,                   -- the spaces it came from, one a line
    laid    INTEGER NOT NULL,                -- how many Items there were when it was last arranged as a whole
    made_at REAL NOT NULL                    -- Unix seconds
) STRICT;
CREATE TABLE IF NOT EXISTS {schema}.map_regions (
    number INTEGER PRIMARY KEY,
    level  INTEGER NOT NULL,                 -- 0 for the largest regions
    x      REAL NOT NULL,
    y      REAL NOT NULL,
    name   TEXT NOT NULL,                    -- a genre or an artist, as the tags have it
    items  INTEGER NOT NULL
) STRICT;
"""
"""In scores.db too. The places are read and replaced as a whole: two blobs take a hundredth of the rows' time."""

OFFERS_ID = 0x424F5746
""""BOWF", in the header of offers.db."""
OFFERS = """
-- The newest verified catalogue of each peer; its files lie in `folder`.
CREATE TABLE IF NOT EXISTS {schema}.catalogues (
    peer       BLOB PRIMARY KEY,             -- public key, 32 bytes
    seq        INTEGER NOT NULL,             -- of the card that named it
    infohash   BLOB NOT NULL,
    folder     TEXT NOT NULL,
    items      INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    fetched_at REAL NOT NULL                 -- Unix seconds
) STRICT;
CREATE TABLE IF NOT EXISTS {schema}.shards (
    peer  BLOB NOT NULL,
    name  TEXT NOT NULL,                     -- NNNNN
    items INTEGER NOT NULL,
    PRIMARY KEY (peer, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS {schema}.catalogue_spaces (
    peer      BLOB NOT NULL,
    space     TEXT NOT NULL,                 -- str(EncoderId)
    dimension INTEGER NOT NULL,
    PRIMARY KEY (peer, space)
) STRICT, WITHOUT ROWID;
-- An id is never used again, also not after this file was made anew: other files name offers by it.
CREATE TABLE IF NOT EXISTS {schema}.offers (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    peer        BLOB NOT NULL,
    root        BLOB NOT NULL,               -- BitTorrent v2 root of the file, 32 bytes
    shard       TEXT NOT NULL,
    row         INTEGER NOT NULL,            -- its place in the shard's files
    kind        TEXT NOT NULL CHECK (kind IN ('track', 'video')),
    mime        TEXT NOT NULL,
    size        INTEGER NOT NULL,
    duration    REAL NOT NULL,
    title       TEXT NOT NULL,
    artist      TEXT NOT NULL,
    album       TEXT NOT NULL,
    tags        TEXT NOT NULL,               -- joined by '; '
    year        INTEGER,
    language    TEXT NOT NULL,
    licence     TEXT NOT NULL,
    width       INTEGER,
    height      INTEGER,
    vectors     INTEGER NOT NULL DEFAULT 0,  -- CRC-32 of its vectors' bytes: other vectors, another offer
    seeds       INTEGER NOT NULL DEFAULT -1, -- -1: never counted
    swarm_peers INTEGER NOT NULL DEFAULT -1,
    checked_at  REAL NOT NULL DEFAULT 0,
    words_key   TEXT NOT NULL,               -- title, artist, album and tags without case and diacritics
    UNIQUE (peer, root)
) STRICT;
CREATE INDEX IF NOT EXISTS {schema}.offers_by_root ON offers(root);
-- What was fetched of strangers' catalogues, for their budget.
CREATE TABLE IF NOT EXISTS {schema}.usage (
    day   INTEGER NOT NULL,                  -- days since 1970
    peer  BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (day, peer)
) STRICT, WITHOUT ROWID;
"""
