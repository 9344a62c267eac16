from . import adapters
from .compare import Comparison, compare
from .store import CompactModels, load, save

__all__ = ["CompactModels", "Comparison", "adapters", "compare", "load", "save"]
