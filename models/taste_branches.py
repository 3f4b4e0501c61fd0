"""The branches of the taste network, each solved in closed form from the labels.

Every branch is a sum over labelled items, either of a linear share (`z . share_i`) or of a bump around a
landmark (`alpha_i k(z, z_i)`), so that what each labelled item adds to a score is known exactly. Called by
`models.taste` only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from models.types import F32, I64

F64 = np.ndarray
"""Closed forms are solved in float64 and stored as float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The labelled items as the branches see them, `n` of them.

    `items (n, p)` unit rows and `centred`, the same less the catalogue's mean; `targets (n,)` in [0, 1];
    `weights (n,)` already faded, in [0, 1]; `landmarks (m,)` positions of those that carry bumps, `m <=
    n`.
    """

    items: F64
    centred: F64
    targets: F64
    weights: F64
    landmarks: I64


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A Gaussian process whose kernel is a linear one plus a bump: `mean` + sum_i alpha_i k(z, z_i).

    `alpha (m,)` over the landmarks; `left_out (m,)` what is predicted for each landmark without its own
    label.
    """

    mean: float
    alpha: F64
    left_out: F64


def pick_landmarks(weights: F64, most: int, rng: np.random.Generator) -> I64:
    """Positions of at most `most` labels, drawn without replacement in proportion to their faded weights.

    Gumbel top-k, so a label of weight 0.5 is half as likely to stay as a fresh one.
    """
    if len(weights) <= most:
        return np.arange(len(weights), dtype=np.int64)
    keys = np.log(np.maximum(weights, 1e-12)) + rng.gumbel(size=len(weights))
    return np.sort(np.argsort(-keys, kind="stable")[:most]).astype(np.int64)


def bump(cosines: F64, sharpness: float) -> F64:
    """The RBF kernel of unit vectors, exp(sharpness (cos - 1))."""
    return np.asarray(np.exp(sharpness * (cosines - 1.0)))


def shrunken_mean(labelled: Labelled, prior: float, strength: float, liked_from: float) -> float:
    """The user's mean target, shrunk to `prior` as if `strength` labels said so.

    Labels of one kind (somebody who only ever presses like) tell how the user labels, not how the rest of the
    library would fare: the mean moves from the prior in full only when the rarer kind has a quarter or more.
    """
    total = labelled.weights.sum()
    own = (labelled.weights @ labelled.targets + strength * prior) / (total + strength)
    liked = labelled.weights[labelled.targets >= liked_from].sum() / total
    both = min(1.0, 4.0 * min(liked, 1.0 - liked))
    return float(prior + both * (own - prior))


def regress(labelled: Labelled, mean: float, *, linear: float, sharpness: float, noise: float) -> Regression:
    """Solve the regression of the targets on `linear` c.c' + (1 - linear) bump(z.z'), c being z centred.

    Exact (with closed-form leave-one-out) while every label is a landmark; beyond that the landmarks carry
    the solution of all labels (subset of regressors, Quinonero-Candela & Rasmussen 2005). `noise` is the
    ratio of label noise to signal; a faded label counts as a noisier one.
    """
    at, straight = labelled.items[labelled.landmarks], labelled.centred[labelled.landmarks]
    weights = np.maximum(labelled.weights, 1e-6)
    residual = labelled.targets - mean
    gram = linear * (straight @ straight.T) + (1 - linear) * bump(at @ at.T, sharpness)
    if len(at) == len(labelled.items):
        factor = cho_factor(gram + np.diag(noise / weights))
        alpha = cho_solve(factor, residual)
        inverse = np.diagonal(cho_solve(factor, np.eye(len(at))))
        return Regression(mean, alpha, labelled.targets - alpha / inverse)
    cross = linear * (straight @ labelled.centred.T)
    cross += (1 - linear) * bump(at @ labelled.items.T, sharpness)
    system = (cross * weights) @ cross.T + noise * gram
    system[np.diag_indices_from(system)] += 1e-6 * np.trace(system) / len(system)
    factor = cho_factor(system)
    alpha = cho_solve(factor, cross @ (weights * residual))
    own = cross[:, labelled.landmarks]
    leverage = weights[labelled.landmarks] * np.einsum("ij,ij->j", own, cho_solve(factor, own))
    fitted = own.T @ alpha
    here = residual[labelled.landmarks]
    left_out = (fitted - leverage * here) / np.maximum(1.0 - leverage, 0.05)
    return Regression(mean, alpha, mean + left_out)


def mean_shares(labelled: Labelled, strengths: F64) -> F64:
    """Shares `(n, p)` of the cosine to the mean of the items with positive `strengths (n,)`.

    Measured from the catalogue's mean, so that what everything has in common does not count as taste.
    """
    weights = labelled.weights * np.maximum(strengths, 0.0)
    shares = labelled.centred * weights[:, None]
    length = np.linalg.norm(shares.sum(0))
    return np.asarray(shares / length if length > 1e-9 else np.zeros_like(shares))


def catalogue_shares(labelled: Labelled, strengths: F64, moment: F64, *, catalogue: float, ridge: float) -> F64:
    """Shares `(n, p)` of the ridge that takes the whole catalogue for weak negatives.

    Minimises sum_i w_i (strength_i - c_i.u)^2 + `catalogue` sum_i w_i E[(c.u)^2] + `ridge` |u|^2, c being
    centred rows and the expectation, `moment (p, p)`, running over the catalogue: positive and unlabelled
    learning in closed form. u is a sum over labels, hence the shares.
    """
    weights = labelled.weights
    system = (labelled.centred.T * weights) @ labelled.centred
    system += catalogue * weights.sum() * moment + ridge * np.eye(len(moment))
    solved = cho_solve(cho_factor(system), labelled.centred.T)
    return np.asarray(solved.T * (weights * strengths)[:, None])


def known_directions(labelled: Labelled, noise: float, most: int) -> F32:
    """Directions `(p, r)`, r <= `most`, along which labels have taken uncertainty away.

    The posterior variance of a Bayesian linear model of unit prior is 1 - |z . directions|^2.
    """
    values, vectors = np.linalg.eigh((labelled.items.T * labelled.weights) @ labelled.items)
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
