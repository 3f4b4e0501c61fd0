"""The sentence encoder on a tiny model of random weights, made here and read from its folder as real ones are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.evaluation.sentences import SentenceEncoder
from models.torchvision_import import allow_torchvision


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    folder = tmp_path_factory.mktemp("model")
    allow_torchvision()
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "calm", "loud", "song"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(0)
    small = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(small).save_pretrained(folder)
    BertTokenizerFast(vocab={word: place for place, word in enumerate(words)}).save_pretrained(folder)
    return SentenceEncoder(folder)


def test_rows_are_unit_and_in_order(encoder: SentenceEncoder) -> None:
    texts = ["a loud song", "a calm song", "song", "a loud song"]
    found = encoder.encode(texts)
    assert found.shape == (4, encoder.dimension) == (4, 16)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found[0], found[3])
    assert not np.allclose(found[0], found[1], atol=1e-3)


def test_padding_changes_nothing(encoder: SentenceEncoder) -> None:
    alone = encoder.encode(["song"])
    beside = encoder.encode(["song", "a calm calm calm calm song"])
    np.testing.assert_allclose(alone[0], beside[0], atol=1e-5)


def test_no_texts_no_rows(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, 16)


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises((OSError, ValueError)):
        SentenceEncoder(tmp_path)
