"""The accelerator as a system: networks, arrays of devices, predictions, their quality and their cost."""

from lazy_loader import attach_stub

# Names are loaded when they are first used, since engines and networks take seconds to import; the stub beside this
# file says where they live.
__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
