"""The learned encoders beside plain loops over open_clip and transformers: the same files, weights and run.

Those installed in the user's profile are measured; where none of a family is, a network of the default's architecture
that was never trained stands in, and the row says so: speed does not depend on what the numbers are. The plain loops
are those of the libraries' documentation, in float32 and, for pictures, in batches as ours. Figures are per second of
processor time on one thread, decoding included where said; a library encoded anew takes minutes of the clock, with the
network on one thread and the studio's two decoding children beside it.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from PIL import Image
from table import Absent, Row

from app.encoders.catalogue import Family
from app.encoders.installed import Installed
from app.encoders.loading import load
from app.encoders.shelf import EncoderShelf
from app.paths import Profile
from models.encoders.device import processor
from models.types import F32, Clip, Frame
from tests.untrained import untrained_clap, untrained_clip

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_CLIP = "ViT-B-32-256"
PICTURES, SOUNDS, BATCH = 48, 8, 16
RATE = 48_000
VECTORS = 100_000
QUERIES = ["rainy night piano", "people dancing on a beach", "a slow song with a cello", "a dog running in the snow"]


def rows() -> Iterator[Row]:
    """Yield speed, likeness and memory of both families, and a query by words."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        shelf = EncoderShelf(Path(folder) / "shelf", ())
        for family, measure in ((Family.CLIP, _pictures), (Family.CLAP, _sounds)):
            installed = _chosen(family, shelf, Path(folder))
            yield from measure(installed)
            stays, most = _memory(installed)
            yield Row(f"{installed.name}: memory of a process with it", "MiB", stays)
            yield Row(f"{installed.name}: the most it took while loading", "MiB", most)
            yield from _library(installed)


def _chosen(family: Family, shelf: EncoderShelf, folder: Path) -> Installed:
    """The user's own, else a stand-in."""
    for installed in EncoderShelf(Profile.default().encoders, ()).installed():
        if installed.family is family:
            return installed
    if family is Family.CLIP:
        return shelf.take(untrained_clip(folder / "clip", DEFAULT_CLIP, 0, spread=True), f"{DEFAULT_CLIP} (untrained)")
    return shelf.take(untrained_clap(folder / "clap", small=False, spread=True), "larger CLAP (untrained)")


def _pictures(installed: Installed) -> Iterator[Row]:
    import open_clip

    encoder = load(installed, processor()).encoder
    network, prepare = open_clip.create_model_from_pretrained(f"local-dir:{installed.folder}")
    network.eval()
    files = _jpegs()
    decoded = [_frame(file) for file in files]

    def plain(pictures: list[Image.Image]) -> F32:
        with torch.inference_mode():
            batches = [torch.stack([prepare(each) for each in pictures[at : at + BATCH]]) for at in _steps(pictures)]
            return _unit(torch.cat([network.encode_image(batch) for batch in batches]).numpy())

    ours, seen = _timed(lambda: encoder.encode(decoded))
    theirs, expected = _timed(lambda: plain([Image.fromarray(frame.pixels) for frame in decoded]))
    whole, _ = _timed(lambda: encoder.encode([_frame(file) for file in files]))
    their_whole, _ = _timed(lambda: plain([Image.open(io.BytesIO(file)).convert("RGB") for file in files]))
    name, count = installed.name, len(files)
    yield Row(f"{name}: decoded pictures", "/s", count / ours, count / theirs, "open_clip fp32", small=False)
    yield Row(
        f"{name}: pictures with JPEG decoding", "/s", count / whole, count / their_whole, "open_clip fp32",
        1.3 * count / their_whole, small=False,
    )  # fmt: skip
    yield Row(f"{name}: smallest cosine to the plain loop", "", _likeness(seen, expected), goal=0.999, small=False)
    yield _query(installed, encoder)


def _sounds(installed: Installed) -> Iterator[Row]:
    from transformers import ClapFeatureExtractor, ClapModel

    encoder = load(installed, processor()).encoder
    network = ClapModel.from_pretrained(installed.folder).eval()
    prepare = ClapFeatureExtractor.from_pretrained(installed.folder)
    files = _songs()
    decoded = [_clip(file) for file in files]

    def plain(clips: list[Clip]) -> F32:
        found = []
        with torch.inference_mode():
            for clip in clips:
                inputs = prepare(clip.samples, sampling_rate=RATE, return_tensors="pt")
                found.append(network.get_audio_features(**inputs).pooler_output)
        return _unit(torch.cat(found).numpy())

    heard = sum(len(clip.samples) for clip in decoded) / RATE
    ours, seen = _timed(lambda: encoder.encode(decoded))
    theirs, expected = _timed(lambda: plain(decoded))
    decoding, _ = _timed(lambda: [_clip(file) for file in files])
    name = installed.name
    yield Row(f"{name}: decoded sound", "x realtime", heard / ours, heard / theirs, "transformers fp32", small=False)
    yield Row(
        f"{name}: with mp3 decoding", "x realtime", heard / (ours + decoding), heard / (theirs + decoding),
        "transformers fp32", 1.3 * heard / (theirs + decoding), small=False,
    )  # fmt: skip
    yield Row(f"{name}: smallest cosine to the plain loop", "", _likeness(seen, expected), goal=0.999, small=False)
    yield _query(installed, encoder)


def _query(installed: Installed, encoder: Any) -> Row:
    """A query by words against many vectors, the text tower warm: the slowest of a few."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((VECTORS, encoder.dimension), dtype=np.float32)
    encoder.encode_words(["warm"])
    taken = []
    for words in QUERIES:
        begun = time.perf_counter()
        scores = vectors @ encoder.encode_words([words])[0]
        np.argpartition(scores, -50)[-50:]
        taken.append(time.perf_counter() - begun)
    return Row(f"{installed.name}: query by words over {VECTORS:,}, slowest", "ms", 1000 * max(taken), goal=100.0)


def _memory(installed: Installed) -> tuple[float, float]:
    """What a process takes that loaded and used an encoder, and the most it took: measured in one of its own."""
    told = subprocess.run(
        [sys.executable, __file__, str(installed.folder)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if told.returncode:
        raise Absent(f"the process that measures memory failed: {told.stderr[-200:]}")
    stays, most = told.stdout.split()[-2:]
    return float(stays), float(most)


def _library(installed: Installed) -> Iterator[Row]:
    """How long a library takes, through the studio's own indexing, and the memory: see `encoding_run`."""
    command = [sys.executable, str(Path(__file__).with_name("encoding_run.py")), str(installed.folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if told.returncode:
        raise Absent(f"the process that encodes a library failed: {told.stderr[-200:]}")
    items, encoded, seconds, most = json.loads(told.stdout.splitlines()[-1])
    minutes = 1_000 * seconds / items / 60
    yield Row(
        f"{installed.name}: 1,000 Items anew, a tenth films, from {items} ({encoded} with vectors)", "min", minutes
    )
    yield Row(f"{installed.name}: the most memory meanwhile, decoding children apart", "MiB", most)


def _jpegs() -> list[bytes]:
    """Frames of the shared films as JPEG files, else noise in large blocks."""
    found = []
    for path in sorted((ROOT.parent / "shared" / "media" / "video").glob("*.mp4")):
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % 24 == 0 and frame.to_ndarray(format="gray").std() > 2:  # a black one has no vector
                    found.append(_jpeg(frame.to_image()))
                if number > 24 * PICTURES // 8:
                    break
    rng = np.random.default_rng(0)
    while len(found) < PICTURES:
        blocks = rng.integers(0, 255, (9, 16, 3)).astype(np.uint8)
        found.append(_jpeg(Image.fromarray(np.kron(blocks, np.ones((60, 60, 1), np.uint8)))))
    return found[:PICTURES]


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def _frame(file: bytes) -> Frame:
    return Frame(np.asarray(Image.open(io.BytesIO(file)).convert("RGB")))


def _songs() -> list[bytes]:
    """Ten seconds and more of mp3: real music where it is at hand, else chords."""
    shared = sorted((ROOT.parent / "shared" / "media" / "music").rglob("*.mp3"))
    if len(shared) >= SOUNDS:
        return [path.read_bytes() for path in shared[:: len(shared) // SOUNDS][:SOUNDS]]
    return [_mp3(110 * 2 ** (number / 5)) for number in range(SOUNDS)]


def _mp3(hertz: float) -> bytes:
    at = np.arange(RATE * 12) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * part * at) / part for part in (1, 1.25, 1.5, 2, 3))
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("mp3", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray((0.2 * chord).astype(np.float32)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return out.getvalue()


def _clip(file: bytes) -> Clip:
    """The first ten seconds at 48 kHz."""
    resampler, parts, have = av.AudioResampler(format="flt", layout="mono", rate=RATE), [], 0
    with av.open(io.BytesIO(file)) as container:
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                parts.append(piece.to_ndarray()[0])
                have += len(parts[-1])
            if have >= 10 * RATE:
                break
    return Clip(np.clip(np.concatenate(parts)[: 10 * RATE], -1, 1), RATE)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The best of two times, in seconds of processor time, and what came of it."""
    best, found = float("inf"), None
    for _ in range(2):
        begun = time.process_time()
        found = work()
        best = min(best, time.process_time() - begun)
    return best, found


def _steps(pictures: list[Any]) -> range:
    return range(0, len(pictures), BATCH)


def _unit(rows_: F32) -> F32:
    return np.asarray(rows_ / np.linalg.norm(rows_, axis=1, keepdims=True), np.float32)


def _likeness(ours: F32, theirs: F32) -> float:
    """The smallest cosine of two vectors of one thing, rounded down: 0.99996 is not 1."""
    return float(np.floor((ours * theirs).sum(axis=1).min() * 10_000) / 10_000)


if __name__ == "__main__":
    from app.encoders.installed import read
    from app.encoders.trial import resident
    from models.encoders.trial_inputs import trial_clips, trial_frames

    torch.set_num_threads(1)
    chosen = read(Path(sys.argv[1]))
    used = load(chosen, processor()).encoder
    used.encode(trial_frames() if chosen.family is Family.CLIP else trial_clips(RATE))
    used.encode_words(QUERIES)
    print(resident(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20))
