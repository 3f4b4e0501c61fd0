"""Which learned encoders are in use, and their networks: loaded once, when needed, and let go."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.encoders.catalogue import Family
from app.encoders.installed import Installed, InstalledFile, Tried, Vouched
from app.encoders.loading import Loaded
from app.errors import ModelError
from app.studio.beside import Ending
from app.studio.encoders_in_use import UNUSED_SECONDS, EncodersInUse
from app.studio.spaces import LearnedSpace, SpacesInUse, builtin_spaces, dimensions
from models.encoders.device import processor
from models.types import Modality

ROOT = Path(__file__).resolve().parents[3]
PICTURES, SOUNDS = "tiny-clip-v1-0123456789abcdef", "tiny-clap-v1-fedcba9876543210"


def installed(space: str = PICTURES, *, trained: bool = True, family: Family = Family.CLIP) -> Installed:
    tried = Tried("here", False, 9.0, 1, 10.0, 32, space, trained, "", 9, 10, 0.1, 1.0)
    file = InstalledFile("model.safetensors", 1, "0" * 64, Vouched.OWNER)
    name = space.partition("-v1")[0].replace("-", " ").title()
    return Installed(name, family, Path("nowhere"), "", "", "", "hand", 1.0, (file,), tried)


def both() -> list[Installed]:
    return [installed(), installed(SOUNDS, family=Family.CLAP)]


class Loads:
    """Counts what is loaded; an encoder is no more here than the name of its space."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: ModelError | None = None
        self.space = ""

    def __call__(self, one: Installed) -> Loaded:
        assert self.go_on.wait(10)
        self.names.append(one.name)
        if self.error is not None:
            raise self.error
        assert one.tried is not None
        encoder: Any = SimpleNamespace(id=self.space or one.tried.space)
        return Loaded(one, encoder, processor())


class Rig:
    def __init__(self, *there: Installed) -> None:
        self.there = list(there)
        self.now = 0.0
        self.changes = 0
        self.load = Loads()
        self.spaces = SpacesInUse(builtin_spaces())
        shelf: Any = SimpleNamespace(installed=lambda: self.there)
        self.encoders = EncodersInUse(shelf, self.spaces, self.load, changed=self._change, clock=lambda: self.now)
        self.encoders.refresh()

    def _change(self) -> None:
        self.changes += 1

    def wait(self, changes: int) -> None:
        warming = self.encoders._warming
        assert warming is not None
        warming.join(10)
        assert self.changes == changes


def test_the_learned_spaces_are_exactly_the_trained_encoders() -> None:
    rig = Rig(*both())
    assert rig.spaces.now.learned == (
        LearnedSpace(PICTURES, Modality.IMAGE, 32, "Tiny Clip"),
        LearnedSpace(SOUNDS, Modality.AUDIO, 32, "Tiny Clap"),
    )
    assert rig.spaces.now.of(Modality.IMAGE) == (builtin_spaces().image, PICTURES)
    assert dimensions(rig.spaces.now)[SOUNDS] == 32
    assert not rig.encoders.refresh()
    rig.there = [installed(trained=False), replace(installed(SOUNDS), tried=None)]
    assert rig.encoders.refresh()
    assert rig.spaces.now == builtin_spaces()


@pytest.mark.parametrize("space", ["", "../up", "offers.x", "Tiny-v1-0123456789abcdef"])
def test_a_space_without_a_proper_name_is_not_used(space: str) -> None:
    one = installed()
    assert one.tried is not None
    rig = Rig(replace(one, tried=replace(one.tried, space=space)))
    assert rig.spaces.now.learned == ()


def test_a_network_is_loaded_once_and_only_when_asked_for() -> None:
    rig = Rig(*both())
    assert rig.encoders.ready(PICTURES) is None
    assert rig.load.names == []
    first = rig.encoders.encoder(PICTURES)
    assert rig.encoders.encoder(PICTURES) is first
    assert rig.encoders.ready(PICTURES) is first
    assert rig.load.names == ["Tiny Clip"]
    assert rig.encoders.words_ready() == ("Tiny Clip",)


def test_two_threads_that_want_one_network_load_it_once() -> None:
    rig = Rig(installed())
    rig.load.go_on.clear()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(rig.encoders.encoder(PICTURES))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert rig.encoders.ready(PICTURES) is None, "asking what is ready waits for nobody"
    rig.load.go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(found) == 3
    assert len(set(map(id, found))) == 1
    assert rig.load.names == ["Tiny Clip"]


def test_all_are_warmed_beside_everything_else() -> None:
    rig = Rig(*both())
    rig.encoders.warm()
    rig.wait(2)
    assert set(rig.encoders.words_ready()) == {"Tiny Clip", "Tiny Clap"}
    rig.encoders.warm()
    assert len(rig.load.names) == 2


def test_one_that_cannot_be_loaded_says_why_and_is_not_tried_again_and_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig(installed())
    rig.load.error = ModelError("It is damaged", "Get it again.")
    rig.encoders.warm()
    rig.wait(1)
    assert "It is damaged" in rig.encoders.problem(PICTURES)
    caplog.clear()
    rig.encoders.warm()
    with pytest.raises(ModelError, match="damaged"):
        rig.encoders.encoder(PICTURES)
    assert len(rig.load.names) == 2, "once to warm, once because it was asked for"
    rig.there = [replace(installed(), at=2.0)]
    rig.load.error = None
    rig.encoders.refresh()
    assert rig.encoders.problem(PICTURES) == "", "it was installed anew"
    rig.encoders.warm()
    rig.wait(2)
    assert rig.encoders.ready(PICTURES) is not None


def test_one_of_another_space_than_it_was_tried_with_is_refused() -> None:
    rig = Rig(installed())
    rig.load.space = SOUNDS
    with pytest.raises(ModelError, match="another version"):
        rig.encoders.encoder(PICTURES)


def test_what_is_removed_is_forgotten_even_while_it_is_loaded() -> None:
    rig = Rig(*both())
    rig.encoders.encoder(PICTURES)
    rig.there = rig.there[1:]
    rig.encoders.refresh()
    assert rig.encoders.ready(PICTURES) is None
    with pytest.raises(ModelError, match="not installed"):
        rig.encoders.encoder(PICTURES)
    rig.load.go_on.clear()
    rig.encoders.warm()
    rig.there = []
    rig.encoders.refresh()
    rig.load.go_on.set()
    rig.wait(1)
    assert rig.encoders.words_ready() == ()


def test_what_nobody_asks_for_is_let_go_after_a_while() -> None:
    rig = Rig(*both())
    rig.encoders.encoder(PICTURES)
    rig.now = UNUSED_SECONDS - 1
    rig.encoders.encoder(SOUNDS)
    assert not rig.encoders.rest()
    rig.now = UNUSED_SECONDS + 1
    assert rig.encoders.rest()
    assert rig.encoders.ready(PICTURES) is None
    assert rig.encoders.ready(SOUNDS) is not None
    rig.encoders.let_go(SOUNDS)
    rig.encoders.close()
    assert rig.encoders.words_ready() == ()


def test_who_waits_for_a_network_is_let_go_when_all_ends(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(*both())
    rig.load.go_on.clear()
    rig.encoders.warm()
    heard: list[type] = []

    def wait_for_it() -> None:
        with pytest.raises(Ending) as ended:
            rig.encoders.encoder(SOUNDS)
        heard.append(ended.type)

    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    rig.encoders.close()
    waiting.join(10)
    assert heard == [Ending]
    assert rig.encoders.problem(SOUNDS) == rig.encoders.problem(PICTURES) == ""
    assert not caplog.records
    rig.load.go_on.set()


def test_networks_that_encode_take_half_the_processor_and_leave_the_taste_its_thread() -> None:
    script = (
        "import os, threading, torch\n"
        "os.cpu_count = lambda: 6\n"
        "from app.studio.encoders_in_use import take_half_the_processor\n"
        "before = torch.get_num_threads()\n"
        "told = []\n"
        "def encode():\n"
        "    take_half_the_processor()\n"
        "    told.append(torch.get_num_threads())\n"
        "thread = threading.Thread(target=encode)\n"
        "thread.start()\n"
        "thread.join()\n"
        "print(before, *told, torch.get_num_threads())\n"
    )
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["1", "3", "1"]
