"""The built-in audio encoder, times realtime per core, beside librosa's MFCC on the same seconds of music.

Seconds of music per second of processor time, with and without decoding. The music is the shared collection
beside the checkout where there is one, else the demo's pieces, written for the purpose.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from table import Absent, Row

from app.library import sound_windows
from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.types import Clip

ROOT = Path(__file__).resolve().parents[2]
RATE = 22_050
FILES = 24


def songs(folder: Path) -> list[Path]:
    """Some mp3 files: real ones where they are at hand, else the demo's own."""
    shared = sorted((ROOT.parent / "shared" / "media" / "music").rglob("*.mp3"))
    if shared:
        return shared[:: max(len(shared) // FILES, 1)][:FILES]
    from app.demo.encode import write_sound
    from app.demo.programme import pieces

    for number, piece in enumerate(pieces()[::5]):
        write_sound(folder / f"{number}.mp3", "mp3", piece.sound())
    return sorted(folder.glob("*.mp3"))


def decode(path: Path) -> list[Clip]:
    """The windows the product listens to."""
    with av.open(str(path)) as container:
        return sound_windows.windows(container, container.streams.audio[0])


def rows() -> Iterator[Row]:
    """Yield the encoder's speed without and with decoding."""
    try:
        import librosa
    except ImportError as error:
        raise Absent("librosa is not installed (dev.py bench installs it)") from error

    def mfcc(samples: np.ndarray) -> np.ndarray:
        found = librosa.feature.mfcc(y=samples, sr=RATE, n_mfcc=20, n_fft=2048, hop_length=512)
        return np.concatenate([found.mean(axis=1), found.std(axis=1)])

    encoder = BuiltinAudioEncoder()
    with tempfile.TemporaryDirectory() as folder:
        files = songs(Path(folder))
        warm = decode(files[0])
        encoder.encode(warm)
        mfcc(warm[0].samples)
        librosa.load(files[0], sr=RATE, duration=1.0)

        heard = ours = theirs = our_decoding = their_decoding = 0.0
        for path in files:
            begun = time.process_time()
            clips = decode(path)
            our_decoding += time.process_time() - begun
            heard += sum(len(clip.samples) / clip.rate for clip in clips)

            begun = time.process_time()
            encoder.encode(clips)
            ours += time.process_time() - begun

            length = librosa.get_duration(path=path)
            begun = time.process_time()
            loaded = [
                librosa.load(path, sr=RATE, offset=max(share * length - 5, 0), duration=10.0)[0]
                for share in ((0.2, 0.5, 0.8) if len(clips) == 3 else (0.5,) * len(clips))
            ]
            their_decoding += time.process_time() - begun

            begun = time.process_time()
            for samples in loaded:
                mfcc(samples)
            theirs += time.process_time() - begun

    whose = "librosa MFCC"
    yield Row("embed audio, decoded already", "x realtime", heard / ours, heard / theirs, whose, 150, small=False)
    yield Row(
        "embed audio, with mp3 decoding",
        "x realtime",
        heard / (ours + our_decoding),
        heard / (theirs + their_decoding),
        whose,
        120,
        small=False,
    )
    yield Row(
        "decode mp3 windows", "x realtime", heard / our_decoding, heard / their_decoding, "librosa.load", small=False
    )
