"""Compiled programs that models of one shape share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

_EXECUTABLES: dict[str, Any] = {}


def stored(vectors: Array) -> Array:
    """Vectors (3, ...) as they are, computed once; for use in shared programs.

    XLA computes on a CPU whatever is no product or transform anew for every component that uses it: a sum over
    neighbours up to nine times. Through the product with a matrix that it does not know to be 1 it must store it.
    """
    return jnp.einsum("ij,j...->i...", jnp.asarray(np.eye(3)), vectors)


def share(function: Callable[..., Any], *examples: Any) -> Callable[..., Any]:
    """Compile a function of arrays, once for all functions that differ in constant arrays alone.

    `jax.jit` compiles every closure anew. Here the arrays that the function closes over (saturation, kernels, ...)
    become arguments, and the program is looked up by what is left of its text. Tracing stays, some 20 ms; compiling,
    ten times as much, is done once for all systems with the same mesh and terms. Types are those of the examples, 64
    bits included.

    Parameters
    ----------
    function
        Function of arrays, which returns an array or a tree of them.
    examples
        Arguments, arrays or trees of them, whose shapes and types the program is made for.

    Returns
    -------
    callable
        Takes arrays like the examples and returns what the function does, as numpy arrays.
    """
    with jax.enable_x64(True):
        traced, shape = jax.make_jaxpr(function, return_shape=True)(*examples)
        tree = jax.tree.structure(shape)
        constants = [jnp.asarray(constant) for constant in traced.consts]
        lowered = jax.jit(
            lambda constants, *rest: jax.core.eval_jaxpr(traced.jaxpr, constants, *jax.tree.leaves(rest)),
            keep_unused=True,
        ).lower(constants, *examples)
        text = lowered.as_text()
        if text not in _EXECUTABLES:
            _EXECUTABLES[text] = lowered.compile()
    executable = _EXECUTABLES[text]

    def run(*arguments: Any) -> Any:
        with jax.enable_x64(True):
            return jax.tree.unflatten(tree, [np.asarray(result) for result in executable(constants, *arguments)])

    return run
