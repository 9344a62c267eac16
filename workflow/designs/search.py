"""What to try next: points of the unit cube, proposed by Optuna from all that were tried before.

Every round makes the optimiser anew from the seed, the number of the round and the results of the rounds before, so
that a run that was killed, or is given more points, goes on with the proposals that it would have made.

Source: tree-structured Parzen estimators of several objectives (Y. Ozaki et al., J. Artif. Intell. Res. 73, 1209
(2022)), where points that miss constraints rank behind all others, by how much they miss; multivariate, and with
points of the same batch counted as bad ones, which keeps a batch apart. The first points are Sobol's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from magbayes.data.seeds import derive, generator

if TYPE_CHECKING:
    import optuna

RESULTS = "results"
"""Constraint that a point has results at all."""

CANDIDATES = 128
"""Draws from the estimator of good points, of which the best is proposed; with 24, as by default, fronts were worse."""

TRIES = 40
"""Proposals that may be given up for each point, since they repeat an earlier one."""


class Trial(NamedTuple):
    """A point that was tried."""

    shares: Mapping[str, float]
    """Where it lies in the ranges, 0 to 1, by parameter."""
    costs: Sequence[float] | None
    """Objectives, each to be minimised; None where they are not all known."""
    violations: Mapping[str, float]
    """By how much it misses constraints, 0 or less where it does not, of those that are known."""
    failed: bool
    """Whether it has no results at all."""


class Space(NamedTuple):
    """The ranges of the free parameters."""

    unordered: Mapping[str, int]
    """Number of values by parameter, 0 where values have an order."""
    objectives: int
    constraints: Sequence[str]


def _settled(space: Space, shares: Iterable[float]) -> dict[str, float]:
    """Shares by parameter, in the middle of the part that stands for a value without order."""
    shared = zip(space.unordered.items(), shares, strict=True)
    return {key: (min(int(share * n), n - 1) + 0.5) / n if n else float(share) for (key, n), share in shared}


def start(space: Space, index: int, seed: int) -> dict[str, float]:
    """One of the first points, by its number."""
    from scipy.stats import qmc  # slow, and a configuration is checked without it

    sobol = qmc.Sobol(len(space.unordered), rng=generator(seed, "start"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of numbers that are no power of two
        return _settled(space, sobol.random(index + 1)[index])


def _sampler(kind: str, seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    if kind == "gp":
        return optuna.samplers.GPSampler(seed=seed, n_startup_trials=1, deterministic_objective=False)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=1, n_ei_candidates=CANDIDATES, multivariate=True)


def _suggest(space: Space, trial: optuna.Trial) -> dict[str, float]:
    shares = {}
    for key, count in space.unordered.items():
        if count:
            shares[key] = (trial.suggest_categorical(key, range(count)) + 0.5) / count
        else:
            shares[key] = trial.suggest_float(key, 0.0, 1.0)
    return shares


def _told(space: Space, trials: Sequence[Trial], sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    """An optimiser that knows what was tried.

    What is not known of a point, since it missed a constraint or failed before, counts as bad as the worst that is: an
    objective of such a point is never looked at by the Parzen estimator.
    """
    import optuna

    study = optuna.create_study(directions=["minimize"] * space.objectives, sampler=sampler)
    known = [trial.costs for trial in trials if trial.costs is not None]
    worst_costs = np.max(known, axis=0).tolist() if known else [0.0] * space.objectives
    worst = {
        name: max([trial.violations[name] for trial in trials if name in trial.violations], default=0.0)
        for name in space.constraints
    }
    for trial in trials:
        study.enqueue_trial(
            {key: int(share * n) if (n := space.unordered[key]) else share for key, share in trial.shares.items()}
        )
        asked = study.ask()
        _suggest(space, asked)
        for name in space.constraints:
            asked.set_constraint(name, trial.violations.get(name, worst[name]))
        asked.set_constraint(RESULTS, 1.0 if trial.failed else -1.0)
        study.tell(asked, list(trial.costs if trial.costs is not None else worst_costs))
    return study


def propose(
    space: Space,
    trials: Sequence[Trial],
    count: int,
    *,
    first: int,
    seed: int,
    sampler: str = "tpe",
    identity: Callable[[Mapping[str, float]], str],
) -> list[dict[str, float]]:
    """Points to try next, as shares of the ranges by parameter.

    Parameters
    ----------
    space, trials
        What is free, and all that was tried.
    count
        Points; fewer are returned where the ranges hold no further ones.
    first
        Points with which the search begins.
    seed
        Of the whole search.
    sampler
        ``tpe`` or ``gp``.
    identity
        Tells points apart: shares of the same identity are one point, and no point is proposed twice.
    """
    taken = {identity(trial.shares) for trial in trials}
    proposed: list[dict[str, float]] = []

    def take(shares: dict[str, float]) -> None:
        if len(proposed) < count and (name := identity(shares)) not in taken:
            taken.add(name)
            proposed.append(shares)

    for index in range(len(trials), min(first, len(trials) + count)):
        take(start(space, index, seed))
    if len(proposed) < count and trials:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study = _told(space, trials, _sampler(sampler, derive(seed, "search", len(trials))))
            for _ in range(TRIES * count):
                take(_suggest(space, study.ask()))
                if len(proposed) == count:
                    break
    dice = generator(seed, "rest", len(trials))
    for _ in range(TRIES * count):
        take(_settled(space, dice.random(len(space.unordered))))
    return proposed
