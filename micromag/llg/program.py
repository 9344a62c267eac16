"""Compiled programs that models of one shape share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

_EXECUTABLES: dict[str, Any] = {}


def share(function: Callable[..., Any], *examples: np.ndarray) -> Callable[..., list[np.ndarray]]:
    """Compile a float64 function of arrays, once for all functions that differ in constant arrays alone.

    `jax.jit` compiles every closure anew. Here the arrays that the function closes over (saturation, kernels, ...)
    become arguments, and the program is looked up by what is left of its text. Tracing stays, some 20 ms; compiling,
    ten times as much, is done once for all systems with the same mesh and terms.

    Parameters
    ----------
    function
        Function of arrays, which returns an array or a tuple of them.
    examples
        Arguments whose shapes and types the program is made for.

    Returns
    -------
    callable
        Takes arrays like the examples and returns the list of results.
    """
    with jax.enable_x64(True):
        traced = jax.make_jaxpr(function)(*examples)
        constants = [jax.numpy.asarray(constant) for constant in traced.consts]
        lowered = jax.jit(
            lambda constants, *rest: jax.core.eval_jaxpr(traced.jaxpr, constants, *rest), keep_unused=True
        ).lower(constants, *examples)
        text = lowered.as_text()
        if text not in _EXECUTABLES:
            _EXECUTABLES[text] = lowered.compile()
    executable = _EXECUTABLES[text]

    def run(*arguments: np.ndarray) -> list[np.ndarray]:
        with jax.enable_x64(True):
            return [np.asarray(result) for result in executable(constants, *arguments)]

    return run
