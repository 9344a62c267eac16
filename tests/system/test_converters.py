import jax.numpy as jnp

from magbayes.system.array.converters import quantise


def test_a_signed_converter_of_three_bits():
    # Codes -3 ... 3 of a step of 1 A.
    values = jnp.array([-9.0, -2.6, -0.4, 0.0, 0.6, 1.4, 3.0, 9.0])
    assert quantise(values, jnp.array(3.0), 3, signed=True).tolist() == [-3, -3, 0, 0, 1, 1, 3, 3]


def test_an_unsigned_converter_of_two_bits():
    values = jnp.array([-1.0, 0.4, 0.6, 2.9, 5.0])
    assert quantise(values, jnp.array(3.0), 2, signed=False).tolist() == [0, 0, 1, 3, 3]
