-- The spaces of the learned encoders in use. The studio writes it; whoever publishes reads what of a space may leave.

CREATE TABLE learned_spaces (
    space     TEXT PRIMARY KEY,              -- str(EncoderId), as in marks
    modality  TEXT NOT NULL CHECK (modality IN ('audio', 'image')),
    dimension INTEGER NOT NULL               -- numbers of one vector
) STRICT, WITHOUT ROWID;
