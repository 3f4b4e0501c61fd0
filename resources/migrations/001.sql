-- library.db, the truth: what was found, what the user did, what the user made.
-- application_id and user_version are set by app/store/database.py, which runs each file in one transaction.

CREATE TABLE folders (
    id        INTEGER PRIMARY KEY,
    path      TEXT NOT NULL UNIQUE,
    added_at  REAL NOT NULL,                 -- Unix seconds
    online    INTEGER NOT NULL DEFAULT 1     -- 0 while the folder cannot be reached: its items are masked, never deleted
) STRICT;

-- One recording or film, however many files hold it. Identity = size and hash of sampled encoded payload without tags.
CREATE TABLE items (
    id            INTEGER PRIMARY KEY,
    identity      BLOB NOT NULL UNIQUE,
    kind          TEXT NOT NULL CHECK (kind IN ('track', 'video')),
    title         TEXT NOT NULL,
    artist        TEXT NOT NULL DEFAULT '',
    album         TEXT NOT NULL DEFAULT '',
    album_artist  TEXT NOT NULL DEFAULT '',
    genre         TEXT NOT NULL DEFAULT '',  -- several are joined by '; '
    year          INTEGER,
    track_number  INTEGER,
    disc_number   INTEGER,
    duration      REAL NOT NULL DEFAULT 0,   -- seconds
    codec         TEXT NOT NULL DEFAULT '',
    bitrate       INTEGER,                   -- bits per second
    sample_rate   INTEGER,
    channels      INTEGER,
    width         INTEGER,
    height        INTEGER,
    licence       TEXT NOT NULL DEFAULT '',
    track_gain    REAL, track_peak REAL,     -- ReplayGain: dB, linear
    album_gain    REAL, album_peak REAL,
    cover         TEXT NOT NULL DEFAULT '',  -- SHA-256 (hex) of the picture; the file lies in Profile.covers
    added_at      REAL NOT NULL,
    tagged_at     REAL NOT NULL,             -- when the tags were last read
    present       INTEGER NOT NULL DEFAULT 1,-- 1 when at least one of its files is there and its folder online
    -- derived from feedback, kept by triggers of the store in the same transaction, so that lists sort fast:
    stars         REAL,                      -- 0.5 .. 5, NULL = none
    liked         INTEGER NOT NULL DEFAULT 0,-- 1 like, -1 dislike, 0 neither
    play_count    INTEGER NOT NULL DEFAULT 0,
    skip_count    INTEGER NOT NULL DEFAULT 0,
    last_played   REAL
) STRICT;
CREATE INDEX items_by_artist ON items(artist, album, disc_number, track_number);
CREATE INDEX items_by_album ON items(album, disc_number, track_number);
CREATE INDEX items_by_title ON items(title);
CREATE INDEX items_by_added ON items(added_at);

CREATE TABLE files (
    id        INTEGER PRIMARY KEY,
    folder_id INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
    item_id   INTEGER REFERENCES items(id) ON DELETE SET NULL,   -- NULL until read, or where reading failed
    path      TEXT NOT NULL UNIQUE,
    size      INTEGER NOT NULL,
    mtime_ns  INTEGER NOT NULL,
    missing   INTEGER NOT NULL DEFAULT 0     -- 1 when the folder is online and the file is gone
) STRICT;
CREATE INDEX files_by_item ON files(item_id);
CREATE INDEX files_by_folder ON files(folder_id);

-- Which vectors exist. Written after the vector (LanceDB first, then the mark).
CREATE TABLE marks (
    item_id    INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    space      TEXT NOT NULL,                -- str(EncoderId)
    encoded_at REAL NOT NULL,
    PRIMARY KEY (item_id, space)
) STRICT, WITHOUT ROWID;

-- What could not be read; not tried again until size or mtime_ns change.
CREATE TABLE failures (
    path     TEXT PRIMARY KEY,
    size     INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    stage    TEXT NOT NULL CHECK (stage IN ('tags', 'decode', 'encode', 'play')),
    reason   TEXT NOT NULL,
    at       REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Append-only. Undo and redo are rows of their own that name the row they concern.
CREATE TABLE feedback (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id INTEGER REFERENCES items(id) ON DELETE SET NULL,
    identity BLOB,                           -- survives the item's removal
    kind    TEXT NOT NULL CHECK (kind IN ('like', 'dislike', 'clear', 'stars', 'play', 'skip', 'later', 'undo', 'redo')),
    value   REAL,                            -- stars 0..5; played fraction 0..1; NULL otherwise
    origin  TEXT NOT NULL DEFAULT 'user',    -- user, player, tag, import
    context TEXT NOT NULL DEFAULT '',        -- where it was done: library, radio, for-you, album ...
    target  INTEGER REFERENCES feedback(id), -- for undo and redo
    step    INTEGER NOT NULL DEFAULT 0,      -- rows of one user action share a step, so that undo takes them together
    at      REAL NOT NULL
) STRICT;
CREATE INDEX feedback_by_item ON feedback(item_id);
CREATE INDEX feedback_by_target ON feedback(target);
CREATE TRIGGER feedback_is_append_only BEFORE UPDATE OF kind, value, origin, context, target, step, at ON feedback
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;

CREATE TABLE playlists (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at REAL NOT NULL,
    changed_at REAL NOT NULL
) STRICT;
CREATE TABLE playlist_rows (
    playlist_id INTEGER NOT NULL REFERENCES playlists(id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    item_id     INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    PRIMARY KEY (playlist_id, position)
) STRICT, WITHOUT ROWID;

-- Where playing was left.
CREATE TABLE positions (
    item_id INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE,
    seconds REAL NOT NULL,
    at      REAL NOT NULL
) STRICT;
CREATE TABLE queue_rows (
    position INTEGER PRIMARY KEY,
    item_id  INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    origin   TEXT NOT NULL,                  -- user, taste
    current  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE VIRTUAL TABLE items_text USING fts5(
    title, artist, album, album_artist, genre,
    content='items', content_rowid='id', tokenize='trigram'
);
CREATE TRIGGER items_text_insert AFTER INSERT ON items BEGIN
    INSERT INTO items_text(rowid, title, artist, album, album_artist, genre)
    VALUES (new.id, new.title, new.artist, new.album, new.album_artist, new.genre);
END;
CREATE TRIGGER items_text_delete AFTER DELETE ON items BEGIN
    INSERT INTO items_text(items_text, rowid, title, artist, album, album_artist, genre)
    VALUES ('delete', old.id, old.title, old.artist, old.album, old.album_artist, old.genre);
END;
CREATE TRIGGER items_text_update AFTER UPDATE OF title, artist, album, album_artist, genre ON items BEGIN
    INSERT INTO items_text(items_text, rowid, title, artist, album, album_artist, genre)
    VALUES ('delete', old.id, old.title, old.artist, old.album, old.album_artist, old.genre);
    INSERT INTO items_text(rowid, title, artist, album, album_artist, genre)
    VALUES (new.id, new.title, new.artist, new.album, new.album_artist, new.genre);
END;
