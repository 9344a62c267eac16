"""Micromagnetics: the two devices as ubermag systems, the engines that run them, and what is recorded."""

from lazy_loader import attach_stub

# Names are loaded when they are first used, since engines and networks take seconds to import; the stub beside this
# file says where they live.
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
