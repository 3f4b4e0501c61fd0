"""A sentence encoder from a folder of safetensors weights, to compare with; the product does not ship one.

Called by the index experiments where such a folder is at hand. Reads that folder only and never the network.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.types import F32

LONGEST = 64
"""Word pieces read of one text: titles and descriptions of songs are shorter."""
BATCH = 64


class SentenceEncoder:
    """Mean of the last layer's word pieces, at length 1, as sentence-transformers' MiniLM models are used.

    Source: Reimers and Gurevych, "Sentence-BERT", EMNLP 2019. `folder` holds config.json, a tokenizer and
    model.safetensors; OSError or ValueError where it does not.
    """

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from models.torchvision_import import allow_torchvision

        allow_torchvision()
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]

        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(str(folder), local_files_only=True, use_safetensors=True).eval()
        self.dimension = int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> F32:
        """Float32 `(n, d)`, rows of unit length, in the order of `texts`; equal texts are encoded once."""
        import torch

        distinct = sorted(set(texts), key=len)  # texts of one length together: less padding
        made = np.zeros((len(distinct), self.dimension), np.float32)
        with torch.inference_mode():
            for start in range(0, len(distinct), BATCH):
                part = distinct[start : start + BATCH]
                pieces = self._tokenizer(part, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
                hidden = self._model(**pieces).last_hidden_state
                mask = pieces["attention_mask"].unsqueeze(-1).to(hidden.dtype)
                mean = (hidden * mask).sum(1) / mask.sum(1)
                made[start : start + len(part)] = torch.nn.functional.normalize(mean, dim=1).numpy()
        row = {text: place for place, text in enumerate(distinct)}
        return made[np.array([row[text] for text in texts], np.int64)] if texts else made
