"""Figures of an ablation and a trade-off, computed alone, are those of a whole prediction."""

import numpy as np
import pytest

from magbayes.system.datasets import load_dataset
from magbayes.system.evaluation.prediction import every_input, figures_of, prediction_of


@pytest.mark.parametrize("name", ["digits", "cubic"])
def test_figures_alone_are_those_of_the_prediction(name):
    dataset = load_dataset(name, seed=1)
    outputs = 1 if dataset.task == "regression" else dataset.outputs
    shape = (3, len(every_input(dataset)), outputs)
    draws = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    test = draws[:, : len(dataset.test_inputs)]
    alone = figures_of(test, 0.3, dataset, seed=2)
    whole = prediction_of(draws, 0.3, dataset, seed=2).metrics
    assert alone == {figure: value for figure, value in whole.items() if figure in alone}
    # What is left out is of inputs from elsewhere alone.
    ratios = {"epistemic_ratio"} if dataset.task == "regression" else set()
    elsewhere = {f"{figure}_{shift}" for shift in dataset.shifted for figure in {"auroc"} | ratios}
    assert {figure for figure in whole if figure not in alone} == elsewhere
    assert figures_of(test[:2], 0.3, dataset, seed=2) != alone
