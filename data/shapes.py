"""Shapes of arrays, for annotations: one name of a dimension stands for one length throughout a call.

Nothing is checked in normal use; under pytest every call of an annotated function is (`tests/checking.py`). JAX makes
pytrees anew with arrays that have lost an axis or gained one, so their fields are plain `jax.Array`; docstrings have
the shapes.
"""

import numpy as np
from jax import Array
from jaxtyping import Float, Integer, Key

RandomKey = Key[Array, ""]

# Of any shape, the same for all arguments and the result.
Same = Float[Array, "*shape"]
AnyShape = Float[Array, "..."]
SameNumpy = Float[np.ndarray, "*shape"]

# Micromagnetics: vectors of the magnetic cells of replicas, or of a grid; z, y, x are numbers of cells.
Vectors = Float[Array, "3 cells replicas"]
OfCells = Float[Array, "cells 1"]
ReplicaNumbers = Integer[Array, " replicas"]
GridVectors = Float[np.ndarray, "3 z y x"]
GridNumbers = Float[np.ndarray, "z y x"]
Factors = Float[np.ndarray, " factors"]
Means = Float[np.ndarray, "replicas samples 3"]
FinalStates = Float[np.ndarray, "replicas 3 z y x"]

# Random numbers.
Row = Float[Array, " {count}"]

# Stochastic MTJs.
Scores = Float[Array, "order *shape"]
Autocovariance = Float[np.ndarray, "replicas lags"]
OfLags = Float[np.ndarray, " lags"]

# The array. Reads are inputs times the positions of a convolution.
Inputs = Float[Array, "inputs features"]
InputsNumpy = Float[np.ndarray, "inputs features"]
Outputs = Float[Array, "inputs outputs"]
OutputSamples = Float[np.ndarray, "samples inputs outputs"]
Voltages = Float[Array, "reads rows"]
VoltagesOfAny = Float[Array, "*reads rows"]
PlaneVoltages = Float[Array, "planes reads rows"]
Currents = Float[Array, "reads tiles columns"]
CurrentsOfAny = Float[Array, "*reads tiles columns"]
PlaneCurrents = Float[Array, "planes reads tiles columns"]
PlaneWeights = Float[Array, " planes"]
Matrix = Float[Array, "rows columns"]
Pair = Float[np.ndarray, "2 rows columns"]
"""Two devices of every weight, positive then negative."""
Lines = Float[np.ndarray, "lines rows columns"]
OfLevels = Float[np.ndarray, " levels"]
