"""What can be known of a network before anything is computed: that its files are good, fit it, and fit into memory."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from magbayes.data.memory import require_memory
from magbayes.system.datasets import Dataset, fashion_mnist, idx, letters, load_dataset
from magbayes.system.datasets.dataset import images
from magbayes.system.datasets.settings import DataSettings
from magbayes.system.network.settings import NetworkSettings

# Peak memory of the jobs grew by 90, 32 and 600 bytes a weight from 0.2 to 1 million weights: by more than these.
TRAINING_BYTES = 80
"""Bytes a weight in training: mean and std, their gradients and two moments, samples, and the posteriors before it."""
PARTICLE_BYTES = 8
"""Bytes a weight for every further weight sample of a step."""
MEMBER_BYTES = 28
"""Bytes a weight of each member of an ensemble: value, gradient, two moments, and what a step adds."""
ARRAY_BYTES = 400
"""Bytes a weight on the array: targets, conductances and gate voltages of two pairs of devices, and their states."""
SMALL = 10**4
"""Weights between hidden layers below which the networks that come with the package need no look."""


def _hidden_weights(settings: NetworkSettings) -> int:
    return sum(rows * columns for rows, columns in pairwise([*settings.hidden, 1]))


def known(settings: NetworkSettings) -> bool:
    """Return whether there is nothing to check: the data, and a network, of the kind that come with the package."""
    own = (settings.start, settings.posterior, settings.data, settings.baselines.laplace)
    return all(part is None for part in own) and not settings.convolutions and _hidden_weights(settings) <= SMALL


def require_room(settings: NetworkSettings, weights: int, inputs: int, outputs: int, samples: int) -> None:
    """Refuse a network whose jobs cannot fit into memory: a lower bound on what they need.

    Parameters
    ----------
    settings
        The network.
    weights
        Means of the network.
    inputs, outputs
        Inputs that are predicted for, and numbers for each.
    samples
        Stochastic passes in one prediction.

    Raises
    ------
    magbayes.data.memory.MemoryShortageError
        One line with the keys that decide, what they need and what there is.
    """
    keys = f"hidden {list(settings.hidden)}"
    if settings.convolutions:
        keys = f"convolutions {[layer.channels for layer in settings.convolutions]} and {keys}"
    of_network = f"{keys} ({weights:.3g} weights)"
    if settings.posterior is None:
        needed = weights * (TRAINING_BYTES + PARTICLE_BYTES * (settings.particles - 1))
        require_memory(f"{of_network} with particles {settings.particles}, training", needed)
    baselines = settings.baselines
    require_memory(
        f"{of_network} with baselines.ensemble {baselines.ensemble}, training them",
        weights * MEMBER_BYTES * baselines.ensemble,
    )
    require_memory(f"{of_network} with baselines.nuts {baselines.nuts}, their draws", weights * 8 * baselines.nuts)
    require_memory(f"{of_network}, its array", weights * ARRAY_BYTES)
    units = sum(settings.hidden) * 4 * 2
    require_memory(f"hidden {list(settings.hidden)} with batch {settings.batch}, a step", units * settings.batch)
    require_memory(
        f"accelerator.samples {samples} of {inputs} inputs and {outputs} outputs", 12 * samples * inputs * outputs
    )


def _dataset(name: str, settings: DataSettings | None, seed: int) -> Dataset:
    """Return the data; of Fashion-MNIST, which may still have to be downloaded, an image that stands for them."""
    if (settings.source if settings else name) != "fashion_mnist":
        return load_dataset(name, seed, settings)
    if settings is not None and settings.path is not None and not idx.holds(fashion_mnist.find(settings.path)):
        raise ValueError(f"{settings.path}: an IDX folder holds {', '.join(idx.PARTS)}, each with .gz or without")
    if settings is not None and settings.letters is not None:
        letters.read(Path(settings.letters))
    black = np.zeros((1, 28, 28)), np.array([9])
    return images(name, black, black, 255.0)


def require_feasible(name: str, settings: NetworkSettings, seed: int, samples: int) -> None:
    """Refuse a network that cannot be trained, whatever the devices turn out to be.

    Parameters
    ----------
    name, settings
        The network, under its name in the configuration.
    seed
        Of the split of its data.
    samples
        Stochastic passes in one prediction.

    Raises
    ------
    ValueError
        Its data, posterior or start cannot be read or do not fit it, or it does not fit into memory; one line.
    """
    if known(settings):
        return
    # First without the data: the sizes of layers may be anything.
    require_room(settings, _hidden_weights(settings), 1, 1, samples)
    from magbayes.system.network.file import read_networks
    from magbayes.system.network.imported import read_posterior
    from magbayes.system.network.laplace import draws_wanted
    from magbayes.system.network.model import architecture
    from magbayes.system.network.training import require_shapes

    dataset = _dataset(name, settings.data, seed)
    shapes, _ = architecture(dataset, settings)
    sizes = [rows * columns for rows, columns in shapes]
    weights = sum(sizes)
    draws_wanted(settings.baselines.laplace, sizes[-1])
    others = (*dataset.shifted.values(), *dataset.blended.values())
    inputs = len(dataset.test_inputs) + sum(map(len, others))
    require_room(settings, weights, inputs, dataset.outputs, samples)
    if settings.posterior is not None:
        read_posterior(settings.posterior, dataset, settings)
    if settings.start is not None:
        require_shapes(read_networks(settings.start).posterior, dataset, settings)
