"""The branches of the taste network, each solved in closed form from the labels.

Every branch is a sum over labelled items, either of a linear share (`z . share_i`) or of a bump around a
landmark (`alpha_i k(z, z_i)`), so that what each labelled item adds to a score is known exactly. Called by
`models.taste` only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh

from models.types import F32, I64

F64 = np.ndarray
"""Closed forms are solved in float64 and stored as float32."""
SIGNALS = (0.1, 0.3, 1.0)
"""Shares of a label that its item's features may explain, tried against the labels."""
DIFFERENT = 0.03
"""Variance from which targets count as different: that of stars has about twice as much."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The labelled items as the branches see them, `n` of them.

    `centred (n, p)` unit rows less the catalogue's centre; `targets (n,)` in [0, 1]; `weights (n,)` already faded,
    in [0, 1]; `landmarks (m,)` positions of those that carry bumps, `m <= n`.
    """

    centred: F64
    targets: F64
    weights: F64
    landmarks: I64


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """How the catalogue spreads: its second moment's `values (p,)`, made relative, and `vectors (p, p)`.

    A value of 1 is where the catalogue's energy lies on average.
    """

    values: F64
    vectors: F64

    @classmethod
    def of(cls, centred: F64) -> Spectrum:
        """The spectrum of centred rows `(N, p)`."""
        values, vectors = np.linalg.eigh(centred.T @ centred / max(1, len(centred)))
        values = np.maximum(values, 1e-6 * max(float(values[-1]), 1e-12))
        return cls(values * values.sum() / np.square(values).sum(), vectors)

    def metric(self, energy: float) -> F64:
        """What kernels measure likeness with, `(p, p)`: directions count by their energy to that power.

        Scaled so that the catalogue's rows keep their mean square length. A direction in which the catalogue hardly
        differs is mostly noise of the encoder, whatever a few labels happen to say along it.
        """
        power = np.power(self.values, energy)
        power *= self.values.sum() / (self.values @ power)
        return np.asarray((self.vectors * power) @ self.vectors.T)


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A Gaussian process whose kernel is a linear one plus a bump: `mean` + sum_i alpha_i k(z, z_i).

    `alpha (m,)` over the landmarks; `left_out (m,)` what is predicted for each landmark without its own
    label.
    """

    mean: float
    alpha: F64
    left_out: F64


def main_directions(sample: F64, width: int) -> F32:
    """The `width` directions `(f, width)` along which rows `(n, f)` have most energy, orthonormal."""
    f = sample.shape[1]
    vectors = eigh(sample.T @ sample, subset_by_index=(f - width, f - 1))[1][:, ::-1]
    pivot = np.abs(vectors).argmax(0)
    signs = np.where(vectors[pivot, np.arange(width)] < 0, -1.0, 1.0)
    return np.ascontiguousarray(vectors * signs, np.float32)


def pick_landmarks(weights: F64, most: int, rng: np.random.Generator) -> I64:
    """Positions of at most `most` labels, drawn without replacement in proportion to their faded weights.

    Gumbel top-k, so a label of weight 0.5 is half as likely to stay as a fresh one.
    """
    if len(weights) <= most:
        return np.arange(len(weights), dtype=np.int64)
    keys = np.log(np.maximum(weights, 1e-12)) + rng.gumbel(size=len(weights))
    return np.sort(np.argsort(-keys, kind="stable")[:most]).astype(np.int64)


def bump(likeness: F64, sharpness: float) -> F64:
    """exp(sharpness (likeness - 1)): the RBF kernel where rows have unit length."""
    return np.asarray(np.exp(sharpness * (likeness - 1.0)))


def shrunken_mean(labelled: Labelled, prior: float, strength: float) -> float:
    """The user's mean target, shrunk to `prior` as if `strength` labels said so.

    Labels that are all the same (somebody who only ever presses like) tell how the user labels, not how the rest of
    the library would fare: the mean moves from the prior in full only when the targets differ as stars do.
    """
    total = labelled.weights.sum()
    average = labelled.weights @ labelled.targets / total
    variance = labelled.weights @ np.square(labelled.targets - average) / total
    own = (total * average + strength * prior) / (total + strength)
    return float(prior + min(1.0, variance / DIFFERENT) * (own - prior))


def kernel(likeness: F64, linear: float, sharpness: float) -> F64:
    """`linear` share of the likeness itself, the rest of its bump."""
    return linear * likeness + (1 - linear) * bump(likeness, sharpness)


def residual_variance(residual: F64, weights: F64, prior: float, strength: float = 4.0) -> float:
    """Mean squared residual, drawn to `prior` as if `strength` labels said so."""
    return float((weights @ np.square(residual) + strength * prior) / (weights.sum() + strength))


def noise_from_evidence(gram: F64, residual: F64, weights: F64, variance: float) -> float:
    """Ratio of label noise to signal that the labels themselves suggest.

    A few ratios, from labels that follow the features closely to labels that hardly do, weighed by their marginal
    likelihood (Rasmussen & Williams 2006, 5.4) and averaged geometrically. `variance` is that of a label; `gram (m,
    m)`, `residual (m,)` and `weights (m,)` of the same labels.
    """
    root = np.sqrt(np.maximum(weights, 1e-6))
    values, vectors = np.linalg.eigh(root[:, None] * gram * root)
    squares = np.square(vectors.T @ (root * residual))
    signal = np.array(SIGNALS)
    noise = 1.0 - 0.5 * signal
    spread = variance * (signal[:, None] * np.maximum(values, 0.0) + noise[:, None])
    evidence = -0.5 * (np.log(spread).sum(1) + (squares / spread).sum(1))
    chance = np.exp(evidence - evidence.max())
    return float(np.exp(chance @ np.log(noise / signal) / chance.sum()))


def regress(
    labelled: Labelled, metric: F64, mean: float, *, linear: float, sharpness: float, noise: float
) -> Regression:
    """Solve the regression of the targets on the kernel of the labelled items, likeness being measured by `metric`.

    Exact (with closed-form leave-one-out) while every label is a landmark; beyond that the landmarks carry
    the solution of all labels (subset of regressors, Quinonero-Candela & Rasmussen 2005). `noise` is the
    ratio of label noise to signal; a faded label counts as a noisier one.
    """
    at = labelled.centred[labelled.landmarks] @ metric
    weights = np.maximum(labelled.weights, 1e-6)
    residual = labelled.targets - mean
    cross = kernel(at @ labelled.centred.T, linear, sharpness)
    gram = cross[:, labelled.landmarks]
    if len(at) == len(residual):
        factor = cho_factor(gram + np.diag(noise / weights))
        alpha = cho_solve(factor, residual)
        inverse = np.diagonal(cho_solve(factor, np.eye(len(at))))
        return Regression(mean, alpha, labelled.targets - alpha / inverse)
    system = (cross * weights) @ cross.T + noise * gram
    system[np.diag_indices_from(system)] += 1e-6 * np.trace(system) / len(system)
    factor = cho_factor(system)
    alpha = cho_solve(factor, cross @ (weights * residual))
    leverage = weights[labelled.landmarks] * np.einsum("ij,ij->j", gram, cho_solve(factor, gram))
    fitted = gram.T @ alpha
    here = residual[labelled.landmarks]
    left_out = (fitted - leverage * here) / np.maximum(1.0 - leverage, 0.05)
    return Regression(mean, alpha, mean + left_out)


def likes_shares(labelled: Labelled, strengths: F64, spectrum: Spectrum, *, energy: float, separation: float) -> F64:
    """Shares `(n, p)` of the direction that tells what is liked from the rest of the catalogue.

    A linear discriminant with a prior: the mean of the likes is a noisy estimate, and where likes may lie apart from
    the catalogue is `separation` times its spread in each direction, more where the catalogue has more energy. With
    few labels this is the cosine to the mean like, along the catalogue's main directions; with many it becomes
    Fisher's discriminant, in which directions that do not spread count for more.
    """
    weighed = labelled.weights * strengths
    gain = np.power(spectrum.values, energy)
    gain /= separation * np.abs(weighed).sum() * gain * spectrum.values + 1.0
    projected = labelled.centred @ spectrum.vectors
    return np.asarray(weighed[:, None] * ((projected * gain) @ spectrum.vectors.T))


def known_directions(items: F64, weights: F64, noise: float, most: int) -> F32:
    """Directions `(p, r)`, r <= `most`, along which labels of `items (n, p)` have taken uncertainty away.

    The posterior variance of a Bayesian linear model of unit prior is 1 - |z . directions|^2.
    """
    values, vectors = np.linalg.eigh((items.T * weights) @ items)
    kept = slice(max(0, len(values) - most), None)
    gone = np.maximum(values[kept], 0.0)
    return np.asarray(vectors[:, kept] * np.sqrt(gone / (gone + noise)), np.float32)


def platt(scores: F64, liked: np.ndarray, penalty: float = 5.0, steps: int = 20) -> tuple[float, float]:
    """Slope (>= 0) and offset of a logistic regression of `liked` on `scores (n,)`, drawn towards (1, 0).

    Newton's method on the penalised log-likelihood (Platt 1999); `penalty` is worth that many labels.
    """
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    start = np.array([1.0, 0.0])
    line = start.copy()
    for _ in range(steps):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ line, -30, 30)))
        gradient = design.T @ (chance - liked) + penalty * (line - start)
        curvature = (design.T * (chance * (1 - chance))) @ design + penalty * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        line -= np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    return max(float(line[0]), 0.0), float(line[1])
