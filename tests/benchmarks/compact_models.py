"""How well compact models say what the ensembles behind them say: ``python -m tests.benchmarks.compact_models FOLDER``.

FOLDER is a finished scenario, ``results/default`` for one. Three tables on its stochastic MTJ: the sampler beside the
ensemble that it was fitted to; half of the replicas predicted from the other half; and, on a process whose
truth is known, how often intervals hold it. Then times of loading and sampling.
"""

import argparse
import dataclasses
import time
from pathlib import Path

import jax
import numpy as np
from scipy import stats

from magbayes import compact_models
from magbayes.compact_models import precession
from magbayes.compact_models.fit import analyse_fluctuation, fit_stochastic_mtj
from magbayes.micromag import raw
from tests.compact_models.conftest import fluctuation_ensemble

SEEDS = 20
LAGS = 10
REPEATS = 400
REPLICAS = 16


def thinned(ensemble, spacing):
    """m·p at times `spacing` (s) apart, so that little correlation is left."""
    step = max(1, round(spacing / (ensemble.time[1] - ensemble.time[0])))
    return ensemble.magnetisation[0, :, ::step, 0].astype(float).ravel()


def part(ensemble, replicas):
    """The same ensemble with some of its replicas."""
    return dataclasses.replace(ensemble, magnetisation=ensemble.magnetisation[:, replicas])


def sampler_beside_ensemble(model, ensembles):
    """Two-sample tests over seeds, and the autocorrelation at ten lags."""
    print(f"\n{'gate / V':>8}  {'independent':>11}  {'KS p < 0.05':>11}  {'acf within':>10}  {'largest acf gap':>15}")
    for i, ensemble in enumerate(ensembles):
        voltage, scale = model.voltage[i], model.largest_deviation[i]
        measured = thinned(ensemble, 5 * model.decay_time[i])
        low = 0
        for seed in range(SEEDS):
            key = jax.random.key(seed)
            drawn = np.asarray(model.sample(key, voltage, 1e-6, (1, len(measured))))[0] - model.conductance_mean[i]
            low += stats.ks_2samp(measured, drawn / scale).pvalue < 0.05
        longest = min(3 * model.decay_time[i], (ensemble.time[-1] - ensemble.time[0]) / 4)
        lags = np.linspace(0, longest, LAGS + 1)[1:]
        step = ensemble.time[1] - ensemble.time[0]
        index = np.maximum(1, np.rint(lags / step).astype(int))
        x = ensemble.magnetisation[0, ..., :2].astype(float)
        acf, error = precession.normalise(precession.measure(x, index.max() + 1))
        sampled = []
        for k in index:
            pair = np.asarray(model.sample(jax.random.key(int(k)), voltage, float(k * step), (2, 200_000)))
            sampled.append(np.corrcoef(pair)[0, 1])
        gap = np.abs(acf[index] - sampled)
        within = gap <= stats.norm.ppf(0.975) * np.hypot(error[index], 1 / np.sqrt(200_000))
        print(
            f"{voltage:8g}  {len(measured):11d}  {low:8d}/{SEEDS}  {within.sum():7d}/{LAGS}  {gap.max():15.3f}",
            flush=True,
        )


def held_out(ensembles, varied):
    """Each half of the replicas against what was fitted to the other."""
    print(f"\n{'gate / V':>8}  {'sigma apart / errors':>20}  {'KS p':>6}  {'acf misfit fitted, held out':>27}")
    halves = [[analyse_fluctuation(part(e, slice(h, None, 2)), seed=1) for h in (0, 1)] for e in ensembles]
    model = fit_stochastic_mtj([part(e, slice(0, None, 2)) for e in ensembles], varied, seed=1)[0]
    for i, (ensemble, (fitted, other)) in enumerate(zip(ensembles, halves, strict=True)):
        apart = (other.marginal.sigma - fitted.marginal.sigma) / np.hypot(
            other.marginal.sigma_error, fitted.marginal.sigma_error
        )
        measured = thinned(part(ensemble, slice(1, None, 2)), 5 * fitted.decay_time)
        drawn = np.asarray(model.sample(jax.random.key(0), model.voltage[i], 1e-6, (1, 20_000)))[0]
        p = stats.ks_2samp(measured, (drawn - model.conductance_mean[i]) / model.largest_deviation[i]).pvalue
        memory = fitted.decay_time, fitted.angular_frequency, fitted.frequency_shift
        miss = [
            np.sqrt(np.mean((half.autocorrelation - precession.autocorrelation(half.lags, *memory)) ** 2))
            for half in (fitted, other)
        ]
        print(f"{model.voltage[i]:8g}  {apart:20.2f}  {p:6.3f}  {miss[0]:17.3f}, {miss[1]:.3f}", flush=True)


def coverage():
    """How often 95 % intervals hold the truth of the tests' process, whose width is 0.2."""
    inside = 0
    for seed in range(REPEATS):
        point = analyse_fluctuation(
            fluctuation_ensemble(0.0, lambda z: 0.2 * z, seed=seed, replicas=REPLICAS, samples=400), seed=1
        )
        inside += abs(point.marginal.sigma - 0.2) < stats.t.ppf(0.975, REPLICAS - 1) * point.marginal.sigma_error
    low, high = stats.binomtest(inside, REPEATS).proportion_ci()
    share = 100 * inside / REPEATS
    print(
        f"\n95 % intervals of sigma hold the truth in {share:.1f} % of {REPEATS} ({100 * low:.1f} to {100 * high:.1f})"
    )


def times(path, model):
    """Loading, and conductances a second of processor time; the machine may be busy."""
    best = min(_timed(lambda: compact_models.load(path)) for _ in range(5))
    voltage, shape = np.linspace(*model.voltage_range, 1000), (1000, 1000)
    draw = lambda: model.sample(jax.random.key(0), voltage, 1e-6, shape).block_until_ready()  # noqa: E731
    draw()
    fastest = min(_timed(draw, time.process_time) for _ in range(10))
    print(
        f"loading {1e3 * best:.0f} ms; {1e-6 * np.prod(shape) / fastest:.0f} million uncorrelated reads a core second"
    )


def _timed(work, clock=time.perf_counter):
    begin = clock()
    work()
    return clock() - begin


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    models = compact_models.load(folder / "compact_models.h5")
    found = [raw.read(path) for path in sorted((folder / "micromag" / "smtj").glob("*V_*K.h5"))]
    ensembles = [e for e in found if float(e.value("temperature")) == models.temperature]
    ensembles.sort(key=lambda e: float(e.value("voltage")))
    sampler_beside_ensemble(models.smtj, ensembles)
    held_out(ensembles, raw.read_variation(folder / "micromag" / "smtj" / "variation.h5", "stochastic_mtj"))
    coverage()
    times(folder / "compact_models.h5", models.smtj)


if __name__ == "__main__":
    main()
