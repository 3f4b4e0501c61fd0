"""Learned encoders as published ones are laid out, made by the real factories, with random weights: never trained.

Their folders hold safetensors as the hub's do. A network betrays itself at once by layer norms that all are 1; a
`perturbed` one only by mapping everything to nearly one direction; a `spread` one is shifted so that it does not even
do that: it loads like a trained one, and knows nothing all the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from models.encoders.clip import Preparation
from models.encoders.trial_inputs import trial_clips, trial_frames
from models.encoders.weights import digest_of
from models.torchvision_import import allow_torchvision

SMALLEST_CLIP = "ViT-S-32-alt"
"""The smallest architecture of open_clip's own list."""
SMALLEST_SIDE = 96
"""Pixels its pictures are squared to in tests, instead of 224: where the size does not matter."""
PREPARATION = {
    "mean": [0.48145466, 0.4578275, 0.40821073],
    "std": [0.26862954, 0.26130258, 0.27577711],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
CORPUS = ["this is the sound of rain and wind", "a drum beat and piano music", "a siren, a bell, a bird"]


def untrained_clip(
    folder: Path,
    architecture: str = SMALLEST_CLIP,
    side: int = SMALLEST_SIDE,
    *,
    perturbed: bool = False,
    spread: bool = False,
) -> Path:
    """An open_clip model of that architecture in `folder`; `side` 0 for the architecture's own."""
    allow_torchvision()
    import open_clip

    torch.manual_seed(1)
    network = open_clip.create_model(architecture, force_image_size=side or None).eval()
    if perturbed or spread:
        perturb(network)
    if spread:
        _spread_clip(network)
    folder.mkdir(parents=True, exist_ok=True)
    model = open_clip.get_model_config(architecture)
    if side:
        model["vision_cfg"]["image_size"] = side
    told = {"model_cfg": model, "preprocess_cfg": PREPARATION}
    (folder / "open_clip_config.json").write_text(json.dumps(told))
    save_file(dict(network.state_dict()), folder / "open_clip_model.safetensors")
    return folder


def untrained_clap(folder: Path, *, small: bool = True, perturbed: bool = False, spread: bool = False) -> Path:
    """A CLAP model in `folder`: narrow and shallow, or with the sizes of laion/larger_clap_music_and_speech."""
    allow_torchvision()
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    tokenizer = _tokenizer()
    words: dict[str, Any] = {"vocab_size": len(tokenizer), "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    if small:
        words |= {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
        sound = {"patch_embeds_hidden_size": 32, "hidden_size": 256, "depths": [2, 2, 2, 2], "enable_fusion": False}
    else:
        words |= {"vocab_size": 50265}
        sound = {"patch_embeds_hidden_size": 128, "hidden_size": 1024, "depths": [2, 2, 12, 2], "enable_fusion": False}
    torch.manual_seed(1)
    network = ClapModel(ClapConfig(text_config=words, audio_config=sound, projection_dim=512)).eval()
    if perturbed or spread:
        perturb(network)
    folder.mkdir(parents=True, exist_ok=True)
    prepare = ClapFeatureExtractor(
        feature_size=64, sampling_rate=48_000, hop_length=480, max_length_s=10, fft_window_size=1024,
        frequency_min=50, frequency_max=14_000, truncation="rand_trunc", padding="repeatpad",
    )  # fmt: skip
    if spread:
        _spread_clap(network, prepare)
    network.save_pretrained(folder)
    prepare.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def perturb(network: torch.nn.Module) -> None:
    """Move every layer norm off the weights it was born with, as training would."""
    generator = torch.Generator().manual_seed(2)
    for part in network.modules():
        if isinstance(part, torch.nn.LayerNorm) and part.weight is not None:
            with torch.no_grad():
                part.weight += 0.1 * torch.randn(part.weight.shape, generator=generator)


def _spread_clip(network: Any) -> None:
    """Take the direction that all pictures share out of what the network says."""
    preparation = Preparation.of({"size": network.visual.image_size[0], **PREPARATION})
    seen = torch.from_numpy(np.stack([preparation.apply(frame) for frame in trial_frames()]))
    with torch.no_grad():
        shared = network.encode_image(seen).mean(dim=0)
        network.visual.ln_post.bias -= torch.linalg.lstsq(network.visual.proj.T, shared).solution


def _spread_clap(network: Any, prepare: Any) -> None:
    """Take the direction that all sounds share out of what the network says."""
    heard = prepare([clip.samples for clip in trial_clips(48_000)], sampling_rate=48_000, return_tensors="pt")
    with torch.no_grad():
        features = network.audio_model(**heard).pooler_output
        network.audio_projection.linear2.bias -= network.audio_projection(features).mean(dim=0)


def digests_of(folder: Path) -> dict[str, str]:
    """SHA-256 by file."""
    return {path.name: digest_of(path) for path in sorted(folder.iterdir()) if path.is_file()}


def _tokenizer() -> Any:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaTokenizerFast

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(
        CORPUS, vocab_size=400, min_frequency=1, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )  # fmt: skip
    parts = json.loads(made.to_str())["model"]
    return RobertaTokenizerFast(vocab=parts["vocab"], merges=[tuple(pair) for pair in parts["merges"]])
