"""Miniature encoders: the real architectures, tiny, and really trained in seconds to connect words with what they mean.

`miniature_clip` is a network of open_clip's own factory with a model configuration of its own; `miniature_clap` is
transformers' ClapModel. Both learn by the contrastive loss of their papers from `described.py` (Radford et al. 2021; Wu
et al. 2023), and are written as safetensors in the layout of the hub. They know a handful of shapes, colours and
sounds, and nothing else of the world: enough that everything behind them can be tested with words that are understood.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from models.encoders.clip import Preparation
from models.torchvision_import import allow_torchvision
from models.types import Frame
from tests import described, untrained
from tests.described import NOTHING_HEARD, NOTHING_SEEN, SOUNDS, pictures, sound, sound_words
from tests.untrained import PREPARATION

CACHE = Path(__file__).resolve().parents[1] / ".pytest_cache" / "d" / "miniatures"
CLIP_NAME, CLAP_NAME = "Miniature CLIP", "Miniature CLAP"
CLIP_CONFIG: dict[str, Any] = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 96, "head_width": 32, "patch_size": 8, "mlp_ratio": 2.0},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
CLIP_STEPS, CLIP_BATCH = 180, 32
CLAP_SOUND: dict[str, Any] = {
    "patch_size": 16, "patch_stride": [16, 16], "patch_embeds_hidden_size": 48, "hidden_size": 96,
    "depths": [1, 1], "num_hidden_layers": 2, "num_attention_heads": [2, 4], "mlp_ratio": 2.0,
    "hidden_dropout_prob": 0.0, "enable_fusion": False,
}  # fmt: skip
CLAP_WORDS: dict[str, Any] = {
    "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128,
    "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "max_position_embeddings": 514,
    "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
}  # fmt: skip
CLAP_STEPS, CLAP_TAKES = 220, 20
"""Steps with one sound of each kind, and sounds made of each; one is heard from another place every time."""
MEL_FRAMES = 1001
TEMPERATURE = 0.07
APART = 40.0
"""How strongly what has nothing in common is told to lie at right angles, as it does in spaces of many dimensions: a
small network soon finds opposites for everything instead."""
RATE = 1e-3


# ------------------------------------------------------------------------------------------------ pictures


def miniature_clip(folder: Path) -> Path:
    """Train an open_clip model and leave it in `folder` as the hub would hold it."""
    allow_torchvision()
    import open_clip

    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    network = open_clip.CLIP(**CLIP_CONFIG)
    tokenizer = open_clip.SimpleTokenizer(context_length=CLIP_CONFIG["text_cfg"]["context_length"])
    prepare = Preparation.of({"size": CLIP_CONFIG["vision_cfg"]["image_size"], **PREPARATION})

    def likeness() -> torch.Tensor:
        batch = pictures(CLIP_BATCH, rng)
        seen = torch.from_numpy(np.stack([prepare.apply(Frame(one.made)) for one in batch]))
        said = tokenizer([*(one.words for one in batch), *NOTHING_SEEN])
        return _cosines(network.encode_image(seen), network.encode_text(said))

    # Words that are never heard should mean next to nothing, instead of something loud and random.
    _quiet(network.token_embedding)
    _learn(network, likeness, CLIP_STEPS)
    folder.mkdir(parents=True, exist_ok=True)
    told = {"model_cfg": CLIP_CONFIG, "preprocess_cfg": PREPARATION}
    (folder / "open_clip_config.json").write_text(json.dumps(told))
    save_file(dict(network.state_dict()), folder / "open_clip_model.safetensors")
    return folder


# -------------------------------------------------------------------------------------------------- sounds


def miniature_clap(folder: Path) -> Path:
    """Train a CLAP model and leave it in `folder` as the hub would hold it."""
    allow_torchvision()
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel
    from transformers.utils import logging as said

    chatter: Any = said
    chatter.disable_progress_bar()
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    tokenizer = _tokenizer()
    network = ClapModel(
        ClapConfig(text_config={**CLAP_WORDS, "vocab_size": len(tokenizer)}, audio_config=CLAP_SOUND, projection_dim=64)
    )
    prepare = ClapFeatureExtractor(
        feature_size=64, sampling_rate=48_000, hop_length=480, max_length_s=10, fft_window_size=1024,
        frequency_min=50, frequency_max=14_000, truncation="rand_trunc", padding="repeatpad",
    )  # fmt: skip
    takes = {kind: [_spectrum(sound(kind, rng), prepare) for _ in range(CLAP_TAKES)] for kind in SOUNDS}

    def likeness() -> torch.Tensor:
        heard = torch.stack([_heard(rng, takes[kind]) for kind in SOUNDS])
        texts = [*(sound_words(kind, rng) for kind in SOUNDS), *NOTHING_HEARD]
        said = tokenizer(texts, return_tensors="pt", padding=True)
        sounds = network.get_audio_features(input_features=heard).pooler_output
        words = network.get_text_features(**said).pooler_output
        return _cosines(sounds, words)

    # Nothing before the spectrogram's resizing learns: the way back through that would take most of the time.
    network.audio_model.audio_encoder.batch_norm.requires_grad_(False)
    _quiet(network.text_model.embeddings.word_embeddings)
    _learn(network, likeness, CLAP_STEPS)
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder)
    prepare.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _spectrum(samples: np.ndarray, prepare: Any) -> torch.Tensor:
    """The power in each mel band as the feature extractor counts it, `(frames, bands)`: a tenth of its time."""
    window = torch.hann_window(prepare.fft_window_size)
    found = torch.stft(
        torch.from_numpy(samples), prepare.fft_window_size, prepare.hop_length, window=window, pad_mode="reflect",
        return_complex=True,
    )  # fmt: skip
    return found.abs().square().T @ torch.from_numpy(prepare.mel_filters_slaney).float()


def _heard(rng: np.random.Generator, takes: list[torch.Tensor]) -> torch.Tensor:
    """One of several takes from any place on, at any loudness, with or without its highest pitches, over a noise that
    is hardly there: decibels `(1, MEL_FRAMES, bands)`.
    """
    power = takes[rng.integers(len(takes))]
    power = torch.roll(power, int(rng.integers(len(power))), 0).repeat(3, 1)[:MEL_FRAMES]
    power[:, int(rng.integers(48, 80)) :] *= 10 ** float(rng.uniform(-6, -1))
    floor = 10 ** float(rng.uniform(-11, -5.5)) * torch.from_numpy(rng.random(power.shape, np.float32))
    loud = 10 ** float(rng.uniform(-1.0, 0.6))
    return (10 * torch.log10((power * loud + floor).clamp(min=1e-10)))[None]


def _tokenizer() -> Any:
    """A tokenizer of RoBERTa's kind that learned its letters from what is said of the sounds."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaTokenizerFast

    made = ByteLevelBPETokenizer()
    said = [form.format(words) for many in SOUNDS.values() for words in many for form in described.HEARD]
    made.train_from_iterator(
        said, vocab_size=600, min_frequency=1, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )  # fmt: skip
    parts = json.loads(made.to_str())["model"]
    return RobertaTokenizerFast(vocab=parts["vocab"], merges=[tuple(pair) for pair in parts["merges"]])


# ------------------------------------------------------------------------------------------------ learning


def _cosines(inputs: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    normal = torch.nn.functional.normalize
    return normal(inputs, dim=-1) @ normal(words, dim=-1).T


def _quiet(embedding: torch.nn.Embedding) -> None:
    with torch.no_grad():
        embedding.weight.mul_(0.1)


def _learn(network: torch.nn.Module, likeness: Callable[[], torch.Tensor], steps: int) -> None:
    """Draw what belongs together near, in both directions (InfoNCE), at a learning rate that rises and falls.

    `likeness` gives the cosines of a new batch of inputs to their words, the right ones on the diagonal, and to words
    that say nothing, `(n, n + m)`.
    """
    descent = torch.optim.AdamW(
        [one for one in network.parameters() if one.requires_grad],
        lr=RATE,
        betas=(0.9, 0.98),
        weight_decay=0.01,
        fused=True,
    )
    plan = torch.optim.lr_scheduler.OneCycleLR(descent, RATE, total_steps=steps, pct_start=0.15)
    loss_of = torch.nn.functional.cross_entropy
    network.train()
    for _ in range(steps):
        cosines = likeness()
        logits, right = cosines / TEMPERATURE, torch.arange(len(cosines))
        loss = loss_of(logits, right) + loss_of(logits[:, : len(logits)].T, right)
        loss = loss + APART * cosines[torch.eye(*cosines.shape) == 0].square().mean()
        descent.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        descent.step()
        plan.step()
    network.eval()


# ------------------------------------------------------------------------------------------------- keeping


@cache
def kept(make: Callable[[Path], Path]) -> Path:
    """What `make` makes, trained once for a state of the code and kept beside pytest's own cache.

    Where nothing can be kept it is trained in each process that asks.
    """
    name = f"{make.__name__}-{_state()}"
    place = CACHE / name
    if place.is_dir():
        return place
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(prefix=".working-", dir=CACHE))
    except OSError:
        return make(Path(tempfile.mkdtemp(prefix="bowerbird-")) / name)
    make(working)
    try:
        working.rename(place)
    except OSError:  # another run was quicker
        shutil.rmtree(working)
    return place


def _state() -> str:
    """Changes with everything that the training depends on."""
    told = hashlib.sha256(" ".join(version(name) for name in ("torch", "open_clip_torch", "transformers")).encode())
    for module in (__file__, described.__file__, untrained.__file__):
        told.update(Path(module).read_bytes())
    return told.hexdigest()[:16]
