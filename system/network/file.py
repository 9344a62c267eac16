"""The file of trained networks: written whole, and checked when it is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import numpy as np

from magbayes.data import container
from magbayes.data.container import Form, Quantity
from magbayes.system.datasets import Task
from magbayes.system.network.candidates import Selection
from magbayes.system.network.convolution import Kernel
from magbayes.system.network.posterior import Layer, Posterior, TrainedNetworks

FORMAT, VERSION = "magbayes network", 2
_FORMS = {
    "layer0/mean": Form("1", ("*", "*")),
    "layer0/std": Form("1", ("*", "*")),
    "calibration": Form("1", ("*", "*")),
    "bias_input": Form("1", ()),
    "noise_std": Form("1", ()),
    "loss": Form("nat", ("*",)),
    "task": Form("1", ("1",), text=True),
}
"""Datasets of each network; it may have further layers, and `_OF_LAYERS`."""
_OF_SELECTION = {
    "kl_weight": ("1", "weight of the KL term of every candidate"),
    "prior_std": ("1", "std of the prior of every candidate, times the square root of the rows of a layer"),
    "nll": ("nat", "mean negative log predictive density of the training inputs that were set apart"),
    "excess_error": ("nat", "standard error of its excess over that of the taken candidate"),
}
"""Unit and description of what is known of every candidate, where one was chosen."""
_OF_LAYERS = {"*/mean": Form("1", ("*", "*")), "*/std": Form("1", ("*", "*")), "*/kernel": Form("1", ("6",))}


def _quantities(posterior: Posterior) -> Iterator[tuple[str, Quantity]]:
    for index, layer in enumerate(posterior.layers):
        yield f"layer{index}/mean", Quantity(layer.mean, "1", "mean of a weight; rows: inputs, then the bias")
        yield f"layer{index}/std", Quantity(layer.std, "1", "std of a weight")
        if layer.kernel is not None:
            geometry = [*layer.kernel.image, layer.kernel.size, layer.kernel.padding, layer.kernel.pool]
            yield (
                f"layer{index}/kernel",
                Quantity(geometry, "1", "convolution: height, width and channels of its input; size, padding, pool"),
            )
    yield "bias_input", Quantity(posterior.bias_input, "1", "constant input of the bias row")
    yield "noise_std", Quantity(posterior.noise_std, "1", "std of the likelihood, scaled target units")
    yield "calibration", Quantity(posterior.calibration, "1", "scaled inputs that set converter ranges")
    yield "loss", Quantity(posterior.loss, "nat", "negative ELBO, running mean over training")
    yield "task", Quantity([posterior.task], "1", "classification or regression")


def write_networks(
    path: str | os.PathLike[str],
    trained: TrainedNetworks,
    provenance: Mapping[str, Any],
    selection: Selection | None = None,
) -> None:
    """Write the three networks of `trained`, each in a group of its own name, and what was chosen before training."""
    data = {
        f"{name}/{key}": quantity
        for name, posterior in vars(trained).items()
        for key, quantity in _quantities(posterior)
    }
    if selection is not None:
        for name, (unit, text) in _OF_SELECTION.items():
            data[f"selection/{name}"] = Quantity(getattr(selection, name), unit, text)
        data["selection/inputs"] = Quantity(selection.inputs, "1", "training inputs that were set apart")
    container.write(path, FORMAT, VERSION, data, provenance)


def read_selection(path: str | os.PathLike[str]) -> Selection | None:
    """Return what was chosen among before the networks of a file were trained; None where nothing was.

    Raises
    ------
    magbayes.data.container.FileFormatError
        The file is absent, damaged, foreign or incomplete.
    """
    contents = container.read(path, FORMAT, VERSION, {})
    if not any(key.startswith("selection/") for key in contents.data):
        return None
    forms = {f"selection/{name}": Form(unit, ("candidates",)) for name, (unit, _) in _OF_SELECTION.items()}
    contents.require(forms | {"selection/inputs": Form("1", ())})
    return Selection(
        **{name: contents[f"selection/{name}"] for name in _OF_SELECTION}, inputs=int(contents["selection/inputs"])
    )


def choice_of(path: str | os.PathLike[str]) -> list[str]:
    """Return in words, a line each, what was chosen before the networks of a file were trained; none if nothing was."""
    selection = read_selection(path)
    return [] if selection is None else selection.lines()


def kernel_of(path: str | os.PathLike[str], geometry: np.ndarray | None) -> Kernel | None:
    """Return the kernel whose height, width, channels, size, padding and pool are in `geometry` (6,)."""
    if geometry is None:
        return None
    if geometry.shape != (6,) or geometry.dtype.kind not in "iu":
        raise container.FileFormatError(f"{path}: a kernel is {geometry}; expected six integers")
    height, width, channels, size, padding, pool = (int(number) for number in geometry)
    return Kernel((height, width, channels), size, padding, pool)


def check_shapes(layers: Sequence[Layer], features: int) -> None:
    """Refuse layers that do not fit one another, or inputs of `features`.

    Raises
    ------
    ValueError
        The message names the layer, what it takes, and what comes before it.
    """
    width = features
    for index, layer in enumerate(layers):
        rows, columns = layer.mean.shape[0] - 1, layer.mean.shape[1]
        kernel = layer.kernel
        takes = (rows,) if kernel is None else (kernel.rows, int(np.prod(kernel.image)))
        comes = (width,) if kernel is None else (rows, width)
        if takes != comes:
            raise ValueError(f"layer {index} takes {takes[-1]} inputs in {rows} rows; the data before it have {width}")
        width = columns if kernel is None else int(np.prod(kernel.pooled_image(columns)))


def _are_weights(mean: np.ndarray, std: np.ndarray) -> bool:
    """Whether two arrays are means and standard deviations of the weights of one layer."""
    numbers = all(np.asarray(values).dtype.kind in "fiu" for values in (mean, std))
    return numbers and mean.ndim == 2 and mean.shape == std.shape and bool((std >= 0).all())


def _posterior(path: str | os.PathLike[str], data: Mapping[str, np.ndarray], name: str) -> Posterior:
    count = len({key.split("/")[1] for key in data if key.startswith(f"{name}/layer")})
    layers = []
    for index in range(count):
        mean, std = (data.get(f"{name}/layer{index}/{part}") for part in ("mean", "std"))
        if mean is None or std is None or not _are_weights(mean, std):
            raise container.FileFormatError(
                f"{path}: {name}/layer{index} needs 'mean' and 'std' of one two-dimensional shape, std >= 0"
            )
        layers.append(Layer(mean, std, kernel_of(path, data.get(f"{name}/layer{index}/kernel"))))
    try:
        check_shapes(layers, data[f"{name}/calibration"].shape[1])
    except ValueError as error:
        raise container.FileFormatError(f"{path}: {name}: {error}") from None
    task = str(data[f"{name}/task"][0])
    if task not in get_args(Task):
        raise container.FileFormatError(f"{path}: {name}/task is {task!r}; expected one of {get_args(Task)}")
    return Posterior(
        tuple(layers),
        "classification" if task == "classification" else "regression",
        float(data[f"{name}/bias_input"]),
        float(data[f"{name}/noise_std"]),
        data[f"{name}/calibration"],
        data[f"{name}/loss"],
    )


def read_networks(path: str | os.PathLike[str]) -> TrainedNetworks:
    """Read what `write_networks` wrote.

    Raises
    ------
    magbayes.data.container.FileFormatError
        The file is absent, damaged, foreign, incomplete, or its layers do not fit one another.
    """
    names = tuple(TrainedNetworks.__dataclass_fields__)
    forms = {f"{name}/{key}": form for name in names for key, form in _FORMS.items()}
    contents = container.read(path, FORMAT, VERSION, forms, _OF_LAYERS)
    networks = {name: _posterior(path, contents.data, name) for name in names}
    shapes = {name: [layer.mean.shape for layer in network.layers] for name, network in networks.items()}
    for name, shape in shapes.items():
        if shape != shapes[names[0]]:
            raise container.FileFormatError(f"{path}: {name} has layers {shape}; {names[0]} has {shapes[names[0]]}")
    return TrainedNetworks(**networks)
