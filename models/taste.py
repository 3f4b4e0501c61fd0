"""The per-user scoring network: fitted from one person's few labels, it scores every item and says why.

A sum of branches in one torch module (`models.taste_network`), each solved in closed form from the labels
(`models.taste_branches`), so a fit takes milliseconds and every score splits exactly into what each
labelled item adds. Called by the studio process and the laboratory; arrays in, arrays out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit, logit, ndtr

from models import taste_branches as branches
from models.features import trust
from models.taste_explain import Explanation, explain
from models.taste_network import TasteNetwork, Weights
from models.types import F32, I64

SAMPLE = 2_000
"""Catalogue rows on which branches are brought to one scale and the weak negatives are estimated."""
RAMP_FROM, BEND = 1.5, 3.0
"""Where the ramp begins, as far above the median as three quarters of the best 2 %, and how sharply it bends."""
CALIBRATE_FROM = 50
"""Labels from which P(like) is calibrated on the user's own left-out predictions."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What the user said, at most one label for each item: `n` labels, all arrays `(n,)`.

    `rows` into the features, distinct; `targets` in [0, 1] (0 disliked, 1 liked); `weights` >= 0, how much
    each says (1 = a like or stars, less for a skip); `ages` in days. Raises ValueError if that does not
    hold.
    """

    rows: I64
    targets: F32
    weights: F32
    ages: F32

    def __post_init__(self) -> None:
        n = len(self.rows)
        if any(array.shape != (n,) for array in (self.rows, self.targets, self.weights, self.ages)):
            raise ValueError("labels: arrays of different lengths")
        if not all(np.isfinite(array).all() for array in (self.targets, self.weights, self.ages)):
            raise ValueError("labels: a value is not finite")
        if n and (self.targets.min() < 0 or self.targets.max() > 1 or self.weights.min() < 0):
            raise ValueError("labels: a target outside [0, 1] or a negative weight")
        if len(np.unique(self.rows)) != n:
            raise ValueError("labels: an item is labelled twice; merge its labels first")

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: I64) -> Labels:
        """The labels at positions `chosen`."""
        return Labels(self.rows[chosen], self.targets[chosen], self.weights[chosen], self.ages[chosen])


@dataclass(frozen=True, slots=True)
class Mix:
    """What the discovery score is made of.

    Likeness to what is liked, as it is (`likes`) and bent upwards (`ramp`), both in units in which the catalogue's
    best 2 % reach 2; and the expected target (`regression`), in units of a label's deviation. The ramp is
    flat but for the best: what to play first is decided by what is most like the likes, the order of all others by
    likes and dislikes together.
    """

    likes: float = 0.5
    ramp: float = 16.0
    regression: float = 14.0


@dataclass(frozen=True, slots=True)
class TasteSettings:
    """Hyper-parameters; the defaults ship, `models.gate` may choose others from the user's own labels.

    `half_life` of a label in days; `linear` share of the linear kernel in the regression, `sharpness` of its bumps;
    `energy` the power with which a direction of the catalogue counts in advance by its energy; `separation` how far
    likes lie from the catalogue in advance; `grudge` how strongly a dislike pushes away there; `noise` of a label for
    the uncertainty; `doubt` the ratio of a label's noise to what the features explain, 0 to let the labels tell;
    `prior_mean` and `prior_strength` of the ratings; `liked_from` the target that counts as liked; `spread` of the
    targets; `landmarks` and `directions` bound the cost of scoring, and so does `width`: more features than that are
    folded into the catalogue's main directions first.

    Where the values come from: simulated listeners on CC0 song features and nothing else; `bowerbird evaluate mix`
    shows the comparison. Listeners who give stars to what comes, who only show likes, and who give stars to what they
    chose agree on a broad plateau (mean AUC + all-P@10 within .003 for a `regression` of 10 to 28, a `ramp` of 8 to
    32, `likes` up to 2, a `grudge` up to .5), and the defaults lie on it, .0003 below the best of 18 combinations
    (100 listeners of each kind, three draws; chance alone moves that figure by more).
    The half-life has the least regret over simulated listeners who keep, half change and wholly change their taste in
    two years. The structure was found with one half of the people of MovieLens, Last.fm and Jester in view as well;
    figures are reported on the other halves.
    """

    half_life: float = 365.0
    linear: float = 0.5
    sharpness: float = 2.0
    energy: float = 0.5
    separation: float = 0.03
    grudge: float = 0.25
    noise: float = 1.0
    doubt: float = 0.0
    prior_mean: float = 0.6
    prior_strength: float = 6.0
    liked_from: float = 0.65
    spread: float = 0.3
    landmarks: int = 224
    directions: int = 48
    width: int = 96
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of `n` items, all float32 `(n,)`.

    `rating` the expected target in [0, 1]; `discovery` what For You ranks by (0 = like the average item, 1
    = one standard deviation above, before labels all 0); `deviation` of the rating, same unit as it;
    `like` the probability that the item would be liked.
    """

    rating: F32
    discovery: F32
    deviation: F32
    like: F32


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """A fitted taste: the network's `weights`, and how they came from the labels.

    `shares (n, p)` what each label adds to the discovery head's direction and `ramp_shares (n, p)` to the ramp's;
    `landmark_labels (m,)` positions of the landmarks in the labels and `landmark_items (m, p)` their rows; `centre
    (p,)` and `bump_centre (m,)` averages over the catalogue from which contributions are measured; `calibration`
    (slope, offset) of P(like) on the logit scale; `prior (p,)` what a population's prior adds to the discovery head's
    direction, zeros without one. `p` counts the features the network works in, after folding.
    """

    settings: TasteSettings
    weights: Weights
    shares: F32
    ramp_shares: F32
    centre: F32
    bump_centre: F32
    landmark_labels: I64
    landmark_items: F32
    calibration: tuple[float, float]
    prior: F32

    @classmethod
    def fit(
        cls,
        features: F32,
        labels: Labels,
        *,
        settings: TasteSettings | None = None,
        prior: F32 | None = None,
        seed: int = 0,
    ) -> Taste:
        """Fit on `features (N, f)` (unit or zero rows, as `Basis.project` gives) of the whole library.

        `prior (f,)` is the mean of a population's linear weights: by how much the expected target rises, in advance,
        per unit along each feature; the labels then only have to tell how this person differs. None ships.
        Deterministic under `seed`. Cost does not grow with N beyond the 2,000 sampled rows. Without labels
        all items get the prior's score, one without it, and the full uncertainty. Raises ValueError if a label's row
        is outside the features, or the prior does not fit them.
        """
        settings = settings or TasteSettings()
        if len(labels) and (labels.rows.min() < 0 or labels.rows.max() >= len(features)):
            raise ValueError("labels: a row outside the features")
        if prior is not None and (prior.shape != features.shape[1:] or not np.isfinite(prior).all()):
            raise ValueError(f"prior: {prior.shape} for {features.shape[1]} features, or not finite")
        rng = np.random.default_rng(seed)
        sample = features
        if len(features) > SAMPLE:
            sample = features[np.sort(rng.choice(len(features), SAMPLE, replace=False))]
        weights = fade(labels, settings.half_life)
        alive = np.flatnonzero(weights > 1e-4)
        expected = np.zeros(features.shape[1]) if prior is None else prior.astype(np.float64)
        catalogue, fold = sample.astype(np.float64), np.zeros((0, 0), np.float32)
        if features.shape[1] > settings.width and len(sample):
            fold = branches.main_directions(catalogue, settings.width)
            catalogue, expected = catalogue @ fold, expected @ fold
        if not len(alive) or not len(sample):
            return _untaught(catalogue, expected, fold, len(labels), settings)
        # Squared: the basis has already taken away what it trusts of the mean.
        centre = trust(len(features)) ** 2 * catalogue.mean(0)
        items = features[labels.rows[alive]].astype(np.float64)
        if len(fold):
            items = items @ fold
        labelled = branches.Labelled(
            items - centre,
            labels.targets[alive].astype(np.float64),
            weights[alive],
            branches.pick_landmarks(weights[alive], settings.landmarks, rng),
        )
        library = _Library(catalogue, centre, expected, fold)
        return _assemble(labelled, items, library, alive, len(labels), settings)

    def score(self, features: F32, *, threads: int = 1) -> Scores:
        """Score `features (n, f)` on so many threads; deterministic. Raises ValueError if f does not fit."""
        if features.ndim != 2 or features.shape[1] != self.weights.takes:
            raise ValueError(f"taste: {features.shape} features, expected (n, {self.weights.takes})")
        heads, variance = TasteNetwork(self.weights, self.settings.sharpness).run(features, threads)
        rating = np.clip(heads[:, 0], 0.0, 1.0)
        deviation = np.asarray(self.settings.spread * np.sqrt(variance), np.float32)
        return Scores(rating, heads[:, 1].copy(), deviation, self._probability(heads[:, 0], deviation))

    def explain(self, row: F32, split: F32 | None = None) -> Explanation:
        """Split the discovery score of one item, `row (f,)`, into what each label adds.

        `split (spaces, f)`, as `Basis.split` gives, also tells what each space adds.
        """
        total = float(TasteNetwork(self.weights, self.settings.sharpness).run(row[None, :])[0][0, 1])
        return explain(self, row, split, total)

    def _probability(self, rating: F32, deviation: F32) -> F32:
        spread = np.sqrt(np.square(deviation) + (0.5 * self.settings.spread) ** 2)
        plain = np.clip(ndtr((rating - self.settings.liked_from) / spread), 1e-4, 1 - 1e-4)
        slope, offset = self.calibration
        return np.asarray(expit(slope * logit(plain) + offset), np.float32)


def fade(labels: Labels, half_life: float) -> np.ndarray:
    """Weights after fading, `weight * 0.5 ** (age / half_life)`, as float64 `(n,)`."""
    return np.asarray(labels.weights.astype(np.float64) * np.exp2(-np.maximum(labels.ages, 0) / half_life))


@dataclass(frozen=True, slots=True, eq=False)
class _Library:
    """What is known without labels: a `sample (s, p)` of the catalogue, the `centre (p,)` kernels measure from, the
    `prior (p,)` mean of the weights, and the `fold (f, p)` that led there, empty where nothing is folded.
    """

    sample: np.ndarray
    centre: np.ndarray
    prior: np.ndarray
    fold: F32


def _untaught(sample: np.ndarray, prior: np.ndarray, fold: F32, labels: int, settings: TasteSettings) -> Taste:
    width = len(prior)
    average = sample.mean(0) if len(sample) else np.zeros(width)
    spread = float((sample @ prior).std()) if len(sample) else 0.0
    direction = prior / spread if spread > 1e-6 else np.zeros(width)
    linear = np.stack([prior, direction], axis=1)
    weights = Weights(
        linear=linear.astype(np.float32),
        bias=np.array([settings.prior_mean - average @ prior, -average @ direction], np.float32),
        landmarks=np.zeros((0, width), np.float32),
        bumps=np.zeros((0, 2), np.float32),
        known=np.zeros((width, 0), np.float32),
        ramp=np.zeros(width, np.float32),
        ramp_bias=np.zeros(2, np.float32),
        fold=fold,
    )
    shares, at = np.zeros((labels, width), np.float32), np.zeros(0, np.int64)
    return Taste(
        settings,
        weights,
        shares,
        shares,
        average.astype(np.float32),
        np.zeros(0, np.float32),
        at,
        weights.landmarks,
        (1.0, 0.0),
        direction.astype(np.float32),
    )


def _assemble(
    labelled: branches.Labelled,
    items: np.ndarray,
    library: _Library,
    positions: np.ndarray,
    labels: int,
    settings: TasteSettings,
) -> Taste:
    """Solve the branches on the labelled `items` and the library, and add them up."""
    sample, centre, prior = library.sample, library.centre, library.prior
    mix, targets, chosen = settings.mix, labelled.targets, labelled.landmarks
    centred, average = sample - centre, sample.mean(0)
    spectrum = branches.Spectrum.of(centred)

    # Likeness to the likes, linear and bent.
    wish = 2.0 * targets - 1.0
    wish = np.where(targets >= settings.liked_from, targets, settings.grudge * np.minimum(wish, 0.0))
    shares = branches.likes_shares(labelled, wish, spectrum, energy=settings.energy, separation=settings.separation)
    middle, scale = _level(centred @ shares.sum(0))
    shares *= scale
    offset = -BEND * (scale * middle + centre @ shares.sum(0) + RAMP_FROM)
    height = mix.ramp / BEND

    # The regression: linear and around landmarks, in the catalogue's metric.
    metric = spectrum.metric(settings.energy)
    # What the labels say beyond the prior.
    ahead = labelled.centred @ prior
    beyond = replace(labelled, targets=targets - ahead)
    mean = branches.shrunken_mean(beyond, settings.prior_mean, settings.prior_strength)
    residual, weights = beyond.targets[chosen] - mean, labelled.weights[chosen]
    variance = branches.residual_variance(residual, weights, settings.spread**2)
    at = labelled.centred[chosen] @ metric
    gram = branches.kernel(at @ labelled.centred[chosen].T, settings.linear, settings.sharpness)
    noise = settings.doubt or branches.noise_from_evidence(gram, residual, weights, variance)
    regression = branches.regress(
        beyond, metric, mean, linear=settings.linear, sharpness=settings.sharpness, noise=noise
    )
    slopes = settings.linear * regression.alpha[:, None] * at
    around = (1 - settings.linear) * regression.alpha * np.exp(-settings.sharpness * (at @ centre))
    bumps_sample = branches.bump(sample @ at.T, settings.sharpness)

    # One unit of discovery is one standard deviation over the catalogue.
    gain = mix.regression / np.sqrt(variance)
    direction = mix.likes * shares.sum(0) + gain * (slopes.sum(0) + prior)
    lifted = height * np.logaddexp(0.0, BEND * (sample @ shares.sum(0)) + offset)
    spread = float((sample @ direction + lifted + gain * (bumps_sample @ around)).std())
    unit = 1.0 / spread if spread > 1e-6 else 0.0
    ramp_shares = BEND * shares
    shares = unit * mix.likes * shares
    shares[chosen] += unit * gain * slopes
    bumps = np.stack([around, unit * gain * around], axis=1)
    linear = np.stack([slopes.sum(0) + prior, shares.sum(0) + unit * gain * prior], axis=1)
    ramp, bump_centre = ramp_shares.sum(0), bumps_sample.mean(0)
    # The rating is measured from the prior, discovery from the average item.
    level = (
        average @ linear[:, 1] + bump_centre @ bumps[:, 1] + unit * height * np.logaddexp(0.0, average @ ramp + offset)
    )
    network = Weights(
        linear=linear.astype(np.float32),
        bias=np.array([mean - centre @ linear[:, 0], -level], np.float32),
        landmarks=at.astype(np.float32),
        bumps=bumps.astype(np.float32),
        known=branches.known_directions(items, labelled.weights, settings.noise, settings.directions),
        ramp=ramp.astype(np.float32),
        ramp_bias=np.array([offset, unit * height], np.float32),
        fold=library.fold,
    )
    taste = Taste(
        settings,
        network,
        _spread_out(shares, positions, labels),
        _spread_out(ramp_shares, positions, labels),
        average.astype(np.float32),
        bump_centre.astype(np.float32),
        positions[chosen].astype(np.int64),
        items[chosen].astype(np.float32),
        (1.0, 0.0),
        (unit * gain * prior).astype(np.float32),
    )
    return _calibrate(taste, labelled, regression.left_out + ahead[chosen])


def _spread_out(shares: np.ndarray, positions: np.ndarray, labels: int) -> F32:
    """`shares` of the labels that still count, among all labels."""
    every = np.zeros((labels, shares.shape[1]), np.float32)
    every[positions] = shares
    return every


def _level(values: np.ndarray) -> tuple[float, float]:
    """The middle of a branch on the catalogue, and the scale that brings the mean of its best 2 % to 2 above it.

    A plain standard deviation would let a peaked branch (a like's nearest neighbours) outvote all others just
    where it matters, at the top. The scale is 0 where the branch says nothing.
    """
    middle = float(np.median(values))
    spread = 0.5 * abs(float(np.sort(values)[-max(1, len(values) // 50) :].mean()) - middle)
    return middle, 1.0 / spread if spread > 1e-6 else 0.0


def _calibrate(taste: Taste, labelled: branches.Labelled, left_out: np.ndarray) -> Taste:
    """Platt scaling of P(like) on left-out predictions, from 50 labels with at least five of each kind."""
    targets = labelled.targets[labelled.landmarks]
    liked = targets >= taste.settings.liked_from
    if len(labelled.targets) < CALIBRATE_FROM or min(liked.sum(), (~liked).sum()) < 5:
        return taste
    variance = np.clip(1.0 - np.square(taste.landmark_items @ taste.weights.known).sum(1), 0.0, 1.0)
    deviation = np.asarray(taste.settings.spread * np.sqrt(variance), np.float32)
    plain = taste._probability(left_out.astype(np.float32), deviation)
    return replace(taste, calibration=branches.platt(logit(plain.astype(np.float64)), liked))
