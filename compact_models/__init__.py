"""Compact statistical models of the two devices: fitted to raw ensembles, stored in HDF5, sampled by the array."""

from lazy_loader import attach_stub

# Names are loaded when they are first used, since engines and networks take seconds to import; the stub beside this
# file says where they live.
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
