-- The moments of films: one for each scene that was looked at. Their vectors lie in LanceDB, tables `moments.<space>`.

CREATE TABLE moments (
    item_id INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,                -- from 0, in order of time; also the tile's place in the strip
    at      REAL NOT NULL,                   -- seconds from the start
    PRIMARY KEY (item_id, number)
) STRICT, WITHOUT ROWID;

-- One picture with a small tile of each moment, side by side; the file lies in Profile.covers, named by its SHA-256.
CREATE TABLE strips (
    item_id     INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE,
    picture     TEXT NOT NULL,
    tile_width  INTEGER NOT NULL,
    tile_height INTEGER NOT NULL
) STRICT;
