"""Compact statistical models of the two devices: fitted to raw ensembles, stored in HDF5, sampled by the array."""

from compact_models.compare import Comparison, compare
from compact_models.estimate import Estimate
from compact_models.store import CompactModels, load, save

__all__ = ["CompactModels", "Comparison", "Estimate", "compare", "load", "save"]
