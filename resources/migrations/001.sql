-- library.db, the truth: what was found, what the user did, what the user made.
-- application_id and user_version are set by app/store/database.py, which runs each file in one transaction.
-- Plain SQL only (no functions of our own), so that any sqlite3 can read, check and restore it.
-- Paths are the file system's bytes (UTF-8, or whatever the disk holds) stored as TEXT.

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
    present       INTEGER NOT NULL DEFAULT 1,-- 1 when at least one of its files is there and its folder online
    -- derived from feedback, kept by the store in the same transaction, so that lists sort fast:
    stars         REAL,                      -- 0.5 .. 5, NULL = none
    liked         INTEGER NOT NULL DEFAULT 0,-- 1 like, -1 dislike, 0 neither
    play_count    INTEGER NOT NULL DEFAULT 0,
    skip_count    INTEGER NOT NULL DEFAULT 0,
    last_played   REAL,
    -- tags, as last read from any of its files
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
    path          TEXT NOT NULL DEFAULT '',  -- the file to play; the last known one while not present
    -- the same words without case and diacritics (app/store/text.py), for sorting and searching
    title_key        TEXT NOT NULL,
    artist_key       TEXT NOT NULL DEFAULT '',
    album_key        TEXT NOT NULL DEFAULT '',
    album_artist_key TEXT NOT NULL DEFAULT '', -- of the album's artist, else of the artist: whose album it is
    genre_key        TEXT NOT NULL DEFAULT ''
) STRICT;
-- One covering index for each way to sort; each ends with the id, which breaks ties, and the kind, which is filtered.
-- None holds `present`: unplugging a drive must not rewrite them all (13 s for 100,000 items; so it is below 1 s).
CREATE INDEX items_by_title ON items(title_key, id, kind);
CREATE INDEX items_by_artist ON items(artist_key, album_key, disc_number, track_number, id, kind);
CREATE INDEX items_by_album ON items(album_key, album_artist_key, disc_number, track_number, id, kind);
CREATE INDEX items_by_genre ON items(genre_key, artist_key, id, kind);
CREATE INDEX items_by_year ON items(year, album_key, disc_number, track_number, id, kind);
CREATE INDEX items_by_duration ON items(duration, id, kind);
CREATE INDEX items_by_added ON items(added_at, id, kind);
CREATE INDEX items_by_played ON items(last_played, id, kind);
CREATE INDEX items_by_plays ON items(play_count, id, kind);
CREATE INDEX items_by_stars ON items(stars, id, kind);
CREATE INDEX items_by_path ON items(path, id, kind);
CREATE INDEX items_by_album_artist ON items(album_artist_key);
CREATE INDEX items_by_liked ON items(liked) WHERE liked <> 0;

-- The items with present = 0, for lists to leave out.
CREATE TABLE absent (item_id INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE) STRICT;
CREATE TRIGGER items_go AFTER UPDATE OF present ON items WHEN new.present = 0 AND old.present <> 0 BEGIN
    INSERT OR IGNORE INTO absent (item_id) VALUES (new.id);
END;
CREATE TRIGGER items_come AFTER UPDATE OF present ON items WHEN new.present <> 0 AND old.present = 0 BEGIN
    DELETE FROM absent WHERE item_id = new.id;
END;
CREATE TRIGGER items_born_absent AFTER INSERT ON items WHEN new.present = 0 BEGIN
    INSERT INTO absent (item_id) VALUES (new.id);
END;

CREATE TABLE files (
    id        INTEGER PRIMARY KEY,
    folder_id INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
    item_id   INTEGER REFERENCES items(id) ON DELETE SET NULL,
    path      TEXT NOT NULL UNIQUE,
    size      INTEGER NOT NULL,
    mtime_ns  INTEGER NOT NULL,
    missing   INTEGER NOT NULL DEFAULT 0     -- 1 when the folder is online and the file is gone
) STRICT;
CREATE INDEX files_by_item ON files(item_id);
CREATE INDEX files_by_folder ON files(folder_id, item_id);

-- Which vectors exist. Written after the vector (LanceDB first, then the mark).
CREATE TABLE marks (
    item_id    INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    space      TEXT NOT NULL,                -- str(EncoderId)
    encoded_at REAL NOT NULL,
    silent     INTEGER NOT NULL DEFAULT 0,   -- 1: encoded, and there is no vector (silence, blackness): do not try again
    PRIMARY KEY (space, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX marks_by_item ON marks(item_id);

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
    seconds REAL,                            -- of a play or skip: how long it was heard
    origin  TEXT NOT NULL CHECK (origin IN ('user', 'player', 'tag', 'import', 'history')),
                                             -- history: undo and redo of the user's own steps
    context TEXT NOT NULL DEFAULT '',        -- where it was done: library, radio, for-you, album ...
    target  INTEGER REFERENCES feedback(id), -- for undo and redo
    step    INTEGER NOT NULL,                -- rows of one action share a step, so that undo takes them together
    at      REAL NOT NULL
) STRICT;
CREATE INDEX feedback_by_item ON feedback(item_id);
CREATE INDEX feedback_by_target ON feedback(target) WHERE target IS NOT NULL;
CREATE INDEX feedback_by_user_step ON feedback(step) WHERE origin = 'user';
CREATE TRIGGER feedback_is_append_only BEFORE UPDATE OF id, kind, value, seconds, origin, context, target, step, at ON feedback
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;
CREATE TRIGGER feedback_is_kept BEFORE DELETE ON feedback
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;

-- Each row of feedback, undo and redo with whether it stands: a row is undone while the last standing row that
-- names it is an undo. (An undo that is itself an action of the user's, "that play did not count", can be undone too.)
CREATE VIEW standing AS
SELECT f.id, f.item_id, f.kind, f.value, f.seconds, f.origin, f.context, f.target, f.step, f.at,
       coalesce((SELECT u.kind FROM feedback u
                 WHERE u.target = f.id
                   AND coalesce((SELECT v.kind FROM feedback v WHERE v.target = u.id ORDER BY v.id DESC LIMIT 1), 'redo') = 'redo'
                 ORDER BY u.id DESC LIMIT 1), 'redo') = 'redo' AS stands
FROM feedback f;

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
CREATE INDEX playlist_rows_by_item ON playlist_rows(item_id);

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
    title_key, artist_key, album_key, album_artist_key, genre_key,
    content='items', content_rowid='id', tokenize='trigram case_sensitive 1'
);
CREATE TRIGGER items_text_insert AFTER INSERT ON items BEGIN
    INSERT INTO items_text(rowid, title_key, artist_key, album_key, album_artist_key, genre_key)
    VALUES (new.id, new.title_key, new.artist_key, new.album_key, new.album_artist_key, new.genre_key);
END;
CREATE TRIGGER items_text_delete AFTER DELETE ON items BEGIN
    INSERT INTO items_text(items_text, rowid, title_key, artist_key, album_key, album_artist_key, genre_key)
    VALUES ('delete', old.id, old.title_key, old.artist_key, old.album_key, old.album_artist_key, old.genre_key);
END;
CREATE TRIGGER items_text_update AFTER UPDATE OF title_key, artist_key, album_key, album_artist_key, genre_key ON items BEGIN
    INSERT INTO items_text(items_text, rowid, title_key, artist_key, album_key, album_artist_key, genre_key)
    VALUES ('delete', old.id, old.title_key, old.artist_key, old.album_key, old.album_artist_key, old.genre_key);
    INSERT INTO items_text(rowid, title_key, artist_key, album_key, album_artist_key, genre_key)
    VALUES (new.id, new.title_key, new.artist_key, new.album_key, new.album_artist_key, new.genre_key);
END;
