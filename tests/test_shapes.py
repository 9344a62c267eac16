"""What an annotation says of a shape is checked in these tests, and nowhere else."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import TypeCheckError

from magbayes.compact_models import precession
from magbayes.data.normals import normals
from magbayes.micromag.llg import heun
from magbayes.system.array import noise, wires
from magbayes.system.array.metal import Wires

PER_CELL = jnp.ones((4, 1))
OHMS = Wires(1.0, 1.0, 1.0)


def step(cells):
    m = jnp.ones((3, 4, 2))
    return heun.step(m, lambda m: m, jnp.zeros((3, cells, 2)), 1e-3, PER_CELL, PER_CELL)


def wrong_calls():
    yield "one axis too few", lambda: wires.counted(np.ones((4, 3)), OHMS, (2, 2), True)
    yield "two lengths under one name", lambda: noise.by_tile(jnp.ones((5, 3)), jnp.ones((4, 2)), 2)
    yield (
        "that in a compiled function",
        lambda: jax.jit(noise.by_tile, static_argnums=2)(jnp.ones((5, 3)), jnp.ones((4, 2)), 2),
    )
    yield "a length that would broadcast", lambda: step(1)
    yield "integers", lambda: precession.normalise(np.ones((4, 3), int))
    yield "no key", lambda: normals(jnp.zeros(2, jnp.uint32), 3)


@pytest.mark.parametrize(("call"), [pytest.param(call, id=name) for name, call in wrong_calls()])
def test_a_wrong_shape_is_refused(call):
    with pytest.raises(TypeCheckError):
        call()


def test_right_ones_pass():
    assert step(4).shape == (3, 4, 2)
    assert noise.by_tile(jnp.ones((5, 4)), jnp.ones((4, 2)), 2).shape == (5, 2, 2)
    assert wires.counted(np.ones((4, 3, 2)), OHMS, (2, 2), True).shape == (4, 3, 2)


def test_outside_of_tests_nothing_is_checked():
    code = "import sys; from magbayes.compact_models import reads; print('beartype' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
