"""All recommenders, ready to be compared. Called by the laboratory and the contract suite."""

from __future__ import annotations

from models.baselines.base import Recommender
from models.baselines.bpr import Bpr
from models.baselines.ease import Ease
from models.baselines.factors import BiasedFactors, ProbabilisticFactors
from models.baselines.gaussian import GaussianProcess
from models.baselines.implicit_als import ImplicitAls
from models.baselines.neighbours import Cosine, Neighbours
from models.baselines.ours import TasteRecommender
from models.baselines.population import Ratings
from models.baselines.projection import Projection
from models.baselines.regressions import Committee, Perceptron, Ridge
from models.baselines.similar_users import SimilarUsers
from models.baselines.simple import Popularity, Random
from models.baselines.two_tower import TwoTower


def alone(seed: int = 0) -> list[Recommender]:
    """Those that know nothing but one person's labels; the taste network comes last."""
    return [
        Random(seed),
        Cosine(),
        Neighbours(),
        Ridge(seed=seed),
        GaussianProcess(seed=seed),
        Perceptron(seed=seed),
        Committee(seed=seed),
        TasteRecommender(seed=seed),
    ]


def among(population: Ratings, seed: int = 0) -> list[Recommender]:
    """Those that also need what other people said; the person to be recommended to must not be among them."""
    return [
        Popularity(population),
        SimilarUsers(population),
        BiasedFactors(population, seed=seed),
        ProbabilisticFactors(population, seed=seed),
        Projection(population, seed=seed),
        Bpr(population, seed=seed),
        TwoTower(population, seed=seed),
        Ease(population),
        ImplicitAls(population, seed=seed),
    ]
