-- Peers: whom we know, what we give them, what we fetched from them, and what followed ones told of their taste.
-- A peer is its ed25519 public key (32 bytes); a file is its BitTorrent v2 root (32 bytes). What peers offer is
-- derived and lies in offers.db.

CREATE TABLE peers (
    key        BLOB PRIMARY KEY CHECK (length(key) = 32),
    name       TEXT NOT NULL DEFAULT '',     -- as it calls itself, cleaned
    followed   INTEGER NOT NULL DEFAULT 0,
    followed_by INTEGER NOT NULL DEFAULT 0,  -- how many followed peers say that they follow it
    first_met  REAL NOT NULL,                -- Unix seconds
    last_heard REAL NOT NULL DEFAULT 0,
    host       TEXT NOT NULL DEFAULT '',     -- where its overlay answered last: the peer cache
    port       INTEGER NOT NULL DEFAULT 0,
    seq        INTEGER NOT NULL DEFAULT 0,   -- newest card accepted; an older one is a replay
    card       BLOB,                         -- that card, signed, as it is passed on
    kept       INTEGER NOT NULL DEFAULT 0,   -- downloads that were what the peer had promised
    broken     INTEGER NOT NULL DEFAULT 0,   -- downloads that were not
    forked     INTEGER NOT NULL DEFAULT 0    -- 1: it signed two different cards with one number
) STRICT, WITHOUT ROWID;

-- All that is left of a blocked peer.
CREATE TABLE blocks (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    at  REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- What the user publishes: whole folders or playlists. Written by the window; nothing stands here by default.
CREATE TABLE publications (
    id          INTEGER PRIMARY KEY,
    folder_id   INTEGER UNIQUE REFERENCES folders(id) ON DELETE CASCADE,
    playlist_id INTEGER UNIQUE REFERENCES playlists(id) ON DELETE CASCADE,
    licence     TEXT NOT NULL DEFAULT '',    -- for Items whose tags name none
    added_at    REAL NOT NULL,
    CHECK ((folder_id IS NULL) <> (playlist_id IS NULL))
) STRICT;
-- Items that stay private even where their folder or playlist is published.
CREATE TABLE kept_private (
    item_id INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE
) STRICT;
-- What the catalogue holds now, kept by the publisher: where the file was, and its root while size and time stand.
CREATE TABLE published (
    item_id  INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE,
    path     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    root     BLOB CHECK (root IS NULL OR length(root) = 32), -- NULL until hashed
    mime     TEXT NOT NULL DEFAULT '',
    licence  TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX published_by_root ON published(root);

CREATE TABLE downloads (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    root        BLOB NOT NULL UNIQUE CHECK (length(root) = 32),
    peer        BLOB NOT NULL,               -- whose offer it was
    size        INTEGER NOT NULL,
    mime        TEXT NOT NULL,
    title       TEXT NOT NULL,
    artist      TEXT NOT NULL DEFAULT '',
    album       TEXT NOT NULL DEFAULT '',
    licence     TEXT NOT NULL DEFAULT '',
    duration    REAL NOT NULL DEFAULT 0,
    state       TEXT NOT NULL CHECK (state IN
                ('waiting', 'running', 'paused', 'checking', 'done', 'refused', 'cancelled', 'failed')),
    reason      TEXT NOT NULL DEFAULT '',
    done_bytes  INTEGER NOT NULL DEFAULT 0,
    uploaded    INTEGER NOT NULL DEFAULT 0,
    seeding     INTEGER NOT NULL DEFAULT 0,
    path        TEXT NOT NULL DEFAULT '',    -- where the kept file lies
    item_id     INTEGER REFERENCES items(id) ON DELETE SET NULL,
    resume      BLOB,                        -- libtorrent's resume data
    added_at    REAL NOT NULL,
    finished_at REAL NOT NULL DEFAULT 0
) STRICT;

-- Offers the user does not want to see, whoever offers them. Written by the window.
CREATE TABLE dismissed (
    root BLOB PRIMARY KEY CHECK (length(root) = 32),
    at   REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- What followed peers tell of their taste: signed messages as they came, one row for each, never added up here.
CREATE TABLE evidence (
    source      BLOB NOT NULL CHECK (length(source) = 32),
    seq         INTEGER NOT NULL,
    level       INTEGER NOT NULL CHECK (level IN (1, 2)),
    message     BLOB NOT NULL,               -- its body; the signature was checked when it came
    received_at REAL NOT NULL,
    PRIMARY KEY (source, seq)
) STRICT, WITHOUT ROWID;
-- What we tell ourselves, where the user has asked for it, and which labels that has spent: each is told once.
CREATE TABLE told_messages (
    seq     INTEGER PRIMARY KEY,
    level   INTEGER NOT NULL CHECK (level IN (1, 2)),
    message BLOB NOT NULL,
    at      REAL NOT NULL
) STRICT;
CREATE TABLE told (
    label BLOB PRIMARY KEY CHECK (length(label) = 32), -- SHA-256 of the Item's identity: outlives the Item
    level INTEGER NOT NULL CHECK (level IN (1, 2)),
    liked INTEGER NOT NULL,
    seq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
