"""Text towers of every kind that open_clip has: a short row gives what the whole row gives, or is not used."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from models.encoders.word_tower import WordTower
from models.torchvision_import import allow_torchvision

CONTEXT, VOCABULARY, END = 24, 100, 99
SIGHT = {"layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "image_size": 32}
WORDS = {"context_length": CONTEXT, "vocab_size": VOCABULARY, "width": 32, "heads": 2, "layers": 2}


def made(**words: Any) -> Any:
    """A tiny network whose text tower is part of it, or, with any of `words`, stands by itself."""
    allow_torchvision()
    from open_clip.model import CLIP, CustomTextCLIP

    torch.manual_seed(0)
    return (CustomTextCLIP if words else CLIP)(16, SIGHT, {**WORDS, **words}).eval()


def tokens(*words: int, end: int = END) -> torch.Tensor:
    row = torch.zeros((1, CONTEXT), dtype=torch.long)
    row[0, : len(words) + 2] = torch.tensor([98, *words, end])
    return row


CAUSAL = [{}, {"pool_type": "argmax"}, {"pool_type": "eos", "eos_id": END}, {"proj_bias": True}]
OTHER = [{"no_causal_mask": True}, {"pool_type": "last"}, {"pool_type": "first"}, {"embed_cls": True}]


@pytest.mark.parametrize("words", CAUSAL, ids=str)
@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 14, 22])
def test_a_short_row_gives_what_the_whole_gives(words: dict[str, Any], count: int) -> None:
    network = made(**words)
    tower = WordTower(network)
    assert tower.can_be_short
    row = tokens(*range(1, count + 1))
    with torch.inference_mode():
        assert torch.allclose(tower.read(row), network.encode_text(row), atol=1e-6)


@pytest.mark.parametrize("words", OTHER, ids=str)
def test_where_the_rest_of_the_row_matters_it_is_read(words: dict[str, Any]) -> None:
    network = made(**words)
    tower = WordTower(network)
    assert not tower.can_be_short
    row = tokens(1, 2, 3)
    with torch.inference_mode():
        assert torch.equal(tower.read(row), network.encode_text(row))


def test_a_text_without_an_end_is_read_whole() -> None:
    network = made(pool_type="eos", eos_id=END)
    row = torch.full((1, CONTEXT), 7)
    with torch.inference_mode():
        assert torch.equal(WordTower(network).read(row), network.encode_text(row))


def test_the_rows_that_go_through_the_network_are_as_short_as_the_text() -> None:
    network = made()
    seen: list[int] = []
    network.transformer.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1]))
    tower = WordTower(network)
    with torch.inference_mode():
        for count in (1, 6, 7, 21):
            tower.read(tokens(*range(1, count + 1)))
    assert seen == [8, 8, 16, 24]


def test_the_weights_are_shared_not_copied() -> None:
    network = made()
    tower = WordTower(network)
    row = tokens(1, 2)
    with torch.inference_mode():
        before = tower.read(row).clone()
    with torch.no_grad():
        network.token_embedding.weight *= 2
    with torch.inference_mode():
        after = tower.read(row)
        assert not torch.allclose(before, after)
        assert torch.allclose(after, network.encode_text(row), atol=1e-6)
