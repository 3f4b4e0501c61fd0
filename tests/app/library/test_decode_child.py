"""Real children on real files: vectors, pictures, facts, reasons, and no way out."""

from __future__ import annotations

import http.server
import io
import itertools
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
from mutagen.flac import Picture
from PIL import Image

from app.files import Kind, kind_of
from app.library import demuxer
from app.library.covers import picture_key
from app.library.decode_child import FileDecoder
from app.library.decode_messages import read_answer
from app.library.decoder import Decoded, DecodeFailed, DecodePool, DecodeTask, Sampled, Work, child_command
from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.types import Modality
from tests.film_files import scene_picture, write_scenes

ROOT = Path(__file__).resolve().parents[3]

SUFFIXES = [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wma", ".wv", ".tta", ".aac", ".mka"]
FILMS = [".mp4", ".mkv", ".webm", ".avi", ".mov", ".mpg", ".ts"]


def _one(pool: DecodePool, path: Path, *, work: Work = Work.ENCODE) -> Decoded | DecodeFailed:
    (result,) = pool.run([DecodeTask(1, path, kind_of(path) or Kind.TRACK, work)])
    return result


def _good(pool: DecodePool, path: Path, *, work: Work = Work.ENCODE) -> Decoded:
    result = _one(pool, path, work=work)
    assert isinstance(result, Decoded), result
    return result


def _names(result: Decoded) -> list[str]:
    return [one.space.name for one in result.vectors]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_sound_of_every_container(suffix: str, tmp_path: Path, tone: Callable[..., Path], pool: DecodePool) -> None:
    result = _good(pool, tone(tmp_path / f"a{suffix}", 3.0))
    assert _names(result) == ["builtin-audio"]
    assert result.facts.kind == Kind.TRACK
    assert result.facts.duration == pytest.approx(3.0, abs=0.1)
    assert result.facts.sample_rate == 48_000
    assert result.facts.channels == 2
    assert result.picture is None


@pytest.mark.parametrize("suffix", FILMS)
def test_films_are_seen_and_heard(suffix: str, tmp_path: Path, film: Callable[..., Path], pool: DecodePool) -> None:
    result = _good(pool, film(tmp_path / f"a{suffix}", 3.0))
    assert _names(result) == ["builtin-audio", "builtin-image"]
    assert result.facts.kind == Kind.VIDEO
    assert (result.facts.width, result.facts.height) == (160, 96)
    assert result.picture is not None
    with Image.open(io.BytesIO(result.picture)) as image:
        assert image.size == (160, 96)
    assert result.picture_key == picture_key(result.picture)


def test_the_same_sound_in_other_containers_is_nearly_the_same(
    tmp_path: Path, tone: Callable[..., Path], pool: DecodePool
) -> None:
    made = [_good(pool, tone(tmp_path / f"a{suffix}", 12.0)) for suffix in (".flac", ".wav", ".ogg", ".opus")]
    first = made[0].vectors[0].vector
    assert all(float(first @ one.vectors[0].vector) > 0.9 for one in made)
    assert float(first @ made[1].vectors[0].vector) > 0.9999  # both without loss


def test_a_silent_film_has_no_sound_vector(tmp_path: Path, film: Callable[..., Path], pool: DecodePool) -> None:
    assert _names(_good(pool, film(tmp_path / "a.mp4", sound=False))) == ["builtin-image"]


def test_the_thumbnail_is_not_the_black_beginning(tmp_path: Path, film: Callable[..., Path], pool: DecodePool) -> None:
    for seconds in (6.0, 100.0):  # key frames, and seeking
        result = _good(pool, film(tmp_path / f"{seconds}.mkv", seconds, black=seconds * 0.4, sound=False))
        assert result.picture is not None
        with Image.open(io.BytesIO(result.picture)) as image:
            assert np.asarray(image).mean() > 50


def test_a_film_taken_upright_is_shown_upright(tmp_path: Path, film: Callable[..., Path], pool: DecodePool) -> None:
    path = film(tmp_path / "a.mp4", sound=False)
    content = path.read_bytes()
    straight = b"".join(number.to_bytes(4, "big", signed=True) for number in (1 << 16, 0, 0, 0, 1 << 16))
    clockwise = b"".join(number.to_bytes(4, "big", signed=True) for number in (0, 1 << 16, 0, -1 << 16, 0))
    track = content.index(b"tkhd")
    assert straight in content[track : track + 80]
    path.write_bytes(content[:track] + content[track : track + 80].replace(straight, clockwise) + content[track + 80 :])
    result = _good(pool, path)
    assert (result.facts.width, result.facts.height) == (96, 160)
    assert result.picture is not None
    with Image.open(io.BytesIO(result.picture)) as image:
        pixels = np.asarray(image).astype(int)
    assert pixels.shape == (160, 96, 3)
    yellow = (pixels[:, :, 0] > 180) & (pixels[:, :, 2] < 120)
    # The square runs along rows 20 to 50 from the top; turned clockwise, along columns 20 to 50 from the right.
    assert 96 - 50 - 4 <= np.nonzero(yellow)[1].min() <= np.nonzero(yellow)[1].max() <= 96 - 20 + 4


def test_a_slow_file_gives_what_was_found_in_time(
    tmp_path: Path, tone: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here in process, with a clock that runs out after the first hundred looks."""
    ticks = itertools.count()
    monkeypatch.setattr(demuxer.time, "monotonic", lambda: next(ticks) / 100)
    decoder = FileDecoder(BuiltinAudioEncoder(), BuiltinImageEncoder(), seconds=2.0)
    task = DecodeTask(1, tone(tmp_path / "a.wav", 120.0), Kind.TRACK)
    result = read_answer(decoder.answer(task), task, 0.0)
    assert isinstance(result, Decoded)
    assert _names(result) == ["builtin-audio"]
    assert "only a part" in result.note


def test_a_cover_is_a_picture_and_a_vector(
    tmp_path: Path, tone: Callable[..., Path], picture: Callable[..., bytes], pool: DecodePool
) -> None:
    path = tone(tmp_path / "a.flac")
    block = Picture()
    block.data, block.type, block.mime = picture((900, 300)), 3, "image/png"
    parsed: Any = mutagen.File(path)
    parsed.add_picture(block)
    parsed.save()
    result = _good(pool, path)
    assert _names(result) == ["builtin-audio", "builtin-image"]
    assert result.picture_key == picture_key(block.data)
    assert result.picture is not None
    with Image.open(io.BytesIO(result.picture)) as image:
        assert image.size == (600, 200)


def test_a_spoilt_cover_leaves_the_sound(tmp_path: Path, tone: Callable[..., Path], pool: DecodePool) -> None:
    path = tone(tmp_path / "a.flac")
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff no picture")
    result = _good(pool, path)
    assert _names(result) == ["builtin-audio"]
    assert "cover picture is damaged" in result.note


def test_without_encoding_only_facts_and_picture(
    tmp_path: Path, film: Callable[..., Path], tone: Callable[..., Path], pool: DecodePool
) -> None:
    result = _good(pool, film(tmp_path / "a.mkv"), work=Work.GLANCE)
    assert (result.vectors, result.facts.kind) == ((), Kind.VIDEO)
    assert result.picture
    assert _good(pool, tone(tmp_path / "a.mka"), work=Work.GLANCE).facts.duration == pytest.approx(3.0, abs=0.1)


def test_words_in_containers_that_mutagen_does_not_know(
    tmp_path: Path, film: Callable[..., Path], pool: DecodePool
) -> None:
    import av

    plain, titled = film(tmp_path / "plain.mkv"), tmp_path / "titled.mkv"
    with av.open(str(plain)) as source, av.open(str(titled), "w") as out:
        out.metadata.update({"title": "The Sea\u202e", "artist": "Ada"})
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    facts = _good(pool, titled).facts
    assert (facts.title, facts.artist) == ("The Sea", "Ada")


def test_silence_has_nothing_to_say(tmp_path: Path, pool: DecodePool) -> None:
    path = tmp_path / "silence.wav"
    samples = bytes(48_000 * 4 * 3)
    head = b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\1\0\2\0"
    head += (48_000).to_bytes(4, "little") + (192_000).to_bytes(4, "little") + b"\4\0\x10\0data"
    path.write_bytes(head + len(samples).to_bytes(4, "little") + samples)
    assert _good(pool, path).vectors == ()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp3", b"", "empty"),
        ("text.ts", b"export const answer = 42;\n" * 50, "damaged or not a media file"),
        ("noise.flac", bytes(range(256)) * 40, "no sound could be decoded"),
        ("gone.mp3", None, "no longer there"),
    ],
)
def test_reasons(name: str, content: bytes | None, reason: str, tmp_path: Path, pool: DecodePool) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    for work in (Work.ENCODE, Work.GLANCE):
        result = _one(pool, tmp_path / name, work=work)
        assert isinstance(result, DecodeFailed)
        assert reason in result.reason
        assert not result.killed


def _sampled(pool: DecodePool, path: Path, modality: Modality, rate: int = 0) -> Sampled:
    task = DecodeTask(1, path, kind_of(path) or Kind.TRACK, Work.SAMPLE, modality, rate)
    (result,) = pool.run([task])
    assert isinstance(result, Sampled), result
    assert result.task == task
    return result


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_sound_is_handed_out_at_the_rate_that_is_asked(
    rate: int, tmp_path: Path, tone: Callable[..., Path], film: Callable[..., Path], pool: DecodePool
) -> None:
    result = _sampled(pool, tone(tmp_path / "a.flac", 40.0, hertz=300.0), Modality.AUDIO, rate)
    assert [clip.samples.shape for clip in result.clips] == [(10 * rate,)] * 3
    assert not result.frames
    for clip in result.clips:
        assert clip.rate == rate
        assert 0.2 < np.abs(clip.samples).max() < 1
        assert np.argmax(np.abs(np.fft.rfft(clip.samples))) == pytest.approx(300 * 10, abs=2)  # 0.1 Hz each
    (heard,) = _sampled(pool, film(tmp_path / "a.mkv", 6.0), Modality.AUDIO, rate).clips
    assert len(heard.samples) == pytest.approx(6 * rate, abs=0.2 * rate)


def test_pictures_are_handed_out_at_the_times_of_the_moments(tmp_path: Path, pool: DecodePool) -> None:
    """Those that say nothing (black) are no moments."""
    black = np.zeros((96, 160, 3), np.uint8)
    path = write_scenes(tmp_path / "a.mp4", [(2.0, 1), (2.0, black), (2.0, 2), (3.0, 3)])
    decoded, sampled = _good(pool, path), _sampled(pool, path, Modality.IMAGE)
    ats = [moment.at for moment in decoded.moments]
    assert ats == pytest.approx([0.0, 4.0, 6.0], abs=0.4)
    assert [frame.seconds for frame in sampled.frames] == ats
    assert sum(sampled.weights) == pytest.approx(1.0)
    assert not sampled.clips
    encoder = BuiltinImageEncoder()
    rows = encoder.encode(sampled.frames)
    np.testing.assert_allclose(rows, np.stack([moment.embedding.vector for moment in decoded.moments]), atol=1e-5)
    assert {moment.embedding.space for moment in decoded.moments} == {encoder.id}
    assert decoded.strip is not None
    with Image.open(io.BytesIO(decoded.strip.picture)) as image:
        assert image.size == (3 * decoded.strip.tile_width, decoded.strip.tile_height)


def test_a_cover_is_handed_out_as_the_one_picture(tmp_path: Path, tone: Callable[..., Path], pool: DecodePool) -> None:
    path = tone(tmp_path / "a.mp3")
    nothing = _sampled(pool, path, Modality.IMAGE)
    assert (nothing.clips, nothing.frames, nothing.note) == ((), (), "")
    (tmp_path / "cover.jpg").write_bytes(b"no picture")
    assert _sampled(pool, path, Modality.IMAGE).note
    cover = io.BytesIO()
    Image.fromarray(scene_picture(4, (300, 300))).save(cover, "PNG")
    (tmp_path / "cover.jpg").write_bytes(cover.getvalue())
    (frame,) = _sampled(pool, path, Modality.IMAGE).frames
    assert frame.seconds == 0
    np.testing.assert_array_equal(frame.pixels, scene_picture(4, (300, 300)))


def test_what_a_file_does_not_have_is_no_failure(tmp_path: Path, film: Callable[..., Path], pool: DecodePool) -> None:
    silent = _sampled(pool, film(tmp_path / "a.mp4", sound=False), Modality.AUDIO, 48_000)
    assert (silent.clips, silent.frames) == ((), ())
    (gone,) = pool.run([DecodeTask(1, tmp_path / "gone.mp4", Kind.VIDEO, Work.SAMPLE, Modality.IMAGE)])
    assert isinstance(gone, DecodeFailed)
    assert "no longer there" in gone.reason


def test_only_the_pictures_of_a_film_can_be_asked_for(
    tmp_path: Path, film: Callable[..., Path], tone: Callable[..., Path], pool: DecodePool
) -> None:
    for path, names in ((film(tmp_path / "a.mp4"), ["builtin-image"]), (tone(tmp_path / "a.mp3"), [])):
        (result,) = pool.run([DecodeTask(1, path, kind_of(path) or Kind.TRACK, Work.ENCODE, Modality.IMAGE)])
        assert isinstance(result, Decoded)
        assert _names(result) == names
        assert bool(result.moments) == bool(names)
    (result,) = pool.run([DecodeTask(1, tmp_path / "a.mp4", Kind.VIDEO, Work.ENCODE, Modality.AUDIO)])
    assert isinstance(result, Decoded)
    assert _names(result) == ["builtin-audio"]
    assert (result.moments, result.strip) == ((), None)


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".ogg", ".mkv"])
def test_truncated_files_give_what_is_there(
    suffix: str, tmp_path: Path, tone: Callable[..., Path], film: Callable[..., Path], pool: DecodePool
) -> None:
    path = (film if suffix == ".mkv" else tone)(tmp_path / f"a{suffix}", 40.0)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    assert _names(_good(pool, path))


def test_undecodable_names_are_opened(tmp_path: Path, tone: Callable[..., Path], pool: DecodePool) -> None:
    path = tmp_path / "caf\udce9.flac"
    try:
        tone(tmp_path / "a.flac").rename(path)
    except (OSError, UnicodeError):
        pytest.skip("this file system wants UTF-8 names")
    assert _names(_good(pool, path)) == ["builtin-audio"]


# ------------------------------------------------------------------------------------------ no way out


@contextmanager
def _server() -> Iterator[tuple[str, list[str]]]:
    """A real web server that counts who asks."""
    asked: list[str] = []

    class Counting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            del format, arguments

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Counting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def _lures(url: str, secret: Path) -> dict[str, bytes]:
    """Files that ask a player to open something else."""
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}/hls.ts\n#EXT-X-ENDLIST\n"
    dash = (
        '<?xml version="1.0"?>'
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S">'
        '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
        f"<BaseURL>{url}/dash.mp4</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>"
    )
    sdp = f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {url.rpartition(':')[2]} RTP/AVP 0\n"
    return {
        "hls.ts": hls.encode(),
        "hls.mp3": hls.encode(),
        "local.mp4": hls.replace(f"{url}/hls.ts", secret.as_uri()).encode(),
        "concat.mkv": f"ffconcat version 1.0\nfile '{url}/concat.mkv'\n".encode(),
        "concat2.mkv": f"ffconcat version 1.0\nfile '{secret}'\n".encode(),
        "dash.webm": dash.encode(),
        "session.avi": sdp.encode(),
        "stream.asf": f"[Reference]\nRef1={url}/asf\n".encode(),
        "asx.wmv": f'<ASX version="3.0"><Entry><Ref href="{url}/asx"/></Entry></ASX>'.encode(),
        "rtsp.mov": f"rtsptextRTSP {url}/rtsp".encode(),
    }


def test_playlists_in_disguise_lead_nowhere(tmp_path: Path, tone: Callable[..., Path], pool: DecodePool) -> None:
    secret = tone(tmp_path / "secret.flac")
    with _server() as (url, asked):
        for name, content in _lures(url, secret).items():
            (tmp_path / name).write_bytes(content)
            assert isinstance(_one(pool, tmp_path / name), DecodeFailed), name
    assert asked == []


def test_the_lures_would_work_without_the_walls(tmp_path: Path) -> None:
    """The server is asked when FFmpeg opens the same list freely: the test above tests something."""
    import av

    with _server() as (url, asked):
        path = tmp_path / "list.m3u8"
        path.write_bytes(_lures(url, path)["hls.ts"])
        with pytest.raises(av.error.FFmpegError):
            av.open(str(path), options={"protocol_whitelist": "file,http,tcp", "allowed_extensions": "ALL"})
    assert asked


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_the_running_child_stands_within_its_walls() -> None:
    child = subprocess.Popen(child_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b'"ready"\n'
        process = Path("/proc") / str(child.pid)
        limits = (process / "limits").read_text()
        assert "unlimited" not in next(line for line in limits.splitlines() if "address space" in line).split()[3]
        assert int((process / "stat").read_text().rpartition(")")[2].split()[16]) >= 10  # nice
        may_leave = subprocess.run(
            [sys.executable, "-c", "from app.library.confinement import leave_network as x; raise SystemExit(not x())"],
            cwd=ROOT,
            check=False,
        )
        assert ((process / "ns/net").readlink() != Path("/proc/self/ns/net").readlink()) is (may_leave.returncode == 0)
    finally:
        child.communicate()
    assert child.returncode == 0


@pytest.mark.media
@pytest.mark.journey
def test_all_real_media_have_vectors(shared_media: Path, pool: DecodePool) -> None:
    files = [path for path in sorted(shared_media.rglob("*")) if kind_of(path)]
    assert len(files) >= 40
    results = list(pool.run(DecodeTask(number, path, kind_of(path) or Kind.TRACK) for number, path in enumerate(files)))
    failed = [one for one in results if isinstance(one, DecodeFailed)]
    assert not failed
    for one in results:
        assert isinstance(one, Decoded)
        wanted = "builtin-image" if one.facts.kind == Kind.VIDEO else "builtin-audio"
        assert wanted in _names(one), one.task.path
        assert one.picture or one.facts.kind == Kind.TRACK
        assert not one.note, (one.task.path, one.note)
