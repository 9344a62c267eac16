"""From the physics of two spintronic devices to a Bayesian neural network accelerator.

The packages are folders of the source tree: `magbayes.data` (ground floor: files, estimates, seeds, cited tables),
`magbayes.micromag` (devices and engines), `magbayes.compact_models`, `magbayes.system` (networks, array, costs) and
`magbayes.workflow`. Each may import those named before it, and none of those after it.
"""

from importlib.metadata import version

__version__ = version(__name__)
