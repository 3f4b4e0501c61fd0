"""How much noise hides one label, and where the noise comes from.

The Gaussian mechanism for vectors, randomised response for signs, and noise memoised from a local secret: the
same question gives the same noise for ever, so asking again averages nothing away. Called by `models.evidence`;
pure functions.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri

SECRET_BYTES = 32


def gaussian_delta(epsilon: float, sigma: float, sensitivity: float = 1.0) -> float:
    """The least delta for which adding N(0, sigma^2) to each coordinate is (epsilon, delta)-private.

    `sensitivity` is how far one label can move the vector (L2). Exact: Balle & Wang, "Improving the Gaussian
    Mechanism for Differential Privacy", ICML 2018, theorem 8. Raises ValueError unless all are positive.
    """
    if not (epsilon > 0 and sigma > 0 and sensitivity > 0):
        raise ValueError("privacy: epsilon, sigma and sensitivity must be positive")
    half, rest = sensitivity / (2 * sigma), epsilon * sigma / sensitivity
    # e^epsilon alone may overflow where its product with a tiny tail does not.
    return max(0.0, float(ndtr(half - rest) - np.exp(epsilon + log_ndtr(-half - rest))))


def gaussian_sigma(epsilon: float, delta: float, sensitivity: float = 1.0) -> float:
    """The least sigma that is (epsilon, delta)-private, to 1e-9 relative, never below it.

    Raises ValueError unless epsilon and sensitivity are positive and delta lies in (0, 1).
    """
    if not 0 < delta < 1:
        raise ValueError("privacy: delta must lie between 0 and 1")
    if not (epsilon > 0 and sensitivity > 0):
        raise ValueError("privacy: epsilon and sensitivity must be positive")
    low = high = 1.0
    while gaussian_delta(epsilon, low) < delta:
        low /= 2
    while gaussian_delta(epsilon, high) > delta:
        high *= 2
    root = low if low == high else float(brentq(lambda sigma: gaussian_delta(epsilon, sigma) - delta, low, high))
    return root * (1 + 1e-9) * sensitivity


def flip_chance(epsilon: float) -> float:
    """With which chance a sign is turned so that it is epsilon-private (Warner 1965); 0.119 at epsilon 2.

    Raises ValueError unless epsilon is positive.
    """
    if not epsilon > 0:
        raise ValueError("privacy: epsilon must be positive")
    return float(1.0 / (1.0 + np.exp(epsilon)))


def memoised_uniforms(secret: bytes, question: bytes, count: int) -> NDArray[np.float64]:
    """`count` numbers in (0, 1) that depend on the 32-byte `secret` and the `question` alone.

    To whoever lacks the secret they are random (SHAKE-256, keyed). Raises ValueError for a secret of another
    length.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"privacy: the secret must have {SECRET_BYTES} bytes")
    stream = hashlib.shake_256(secret + question).digest(8 * count)
    return np.asarray(((np.frombuffer(stream, "<u8") >> np.uint64(11)) + 0.5) * 2.0**-53, np.float64)


def memoised_normals(secret: bytes, question: bytes, count: int) -> NDArray[np.float64]:
    """`count` standard normal numbers, memoised as `memoised_uniforms`."""
    return np.asarray(ndtri(memoised_uniforms(secret, question, count)), np.float64)
