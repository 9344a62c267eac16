"""Our device models fulfil the array's Protocols, as mypy sees it; and so does a foreign one.

Models that lack something or return something else are the control.
"""

import os
import re

import pytest
from mypy import api

from tests import links

pytestmark = pytest.mark.slow

IMPORTS = """
from typing import Any, cast
import jax
import numpy as np
from numpy.typing import ArrayLike
from magbayes.compact_models import domain_wall_mtj, reads, stochastic_mtj, store
from magbayes.data.estimate import Estimate
from magbayes.system.array import devices
from tests.system.test_foreign_model import ForeignModels, ForeignReads
"""

OURS = """
state: devices.Reads[jax.Array] = cast(reads.Reads, None)
smtj: devices.StochasticModel = cast(stochastic_mtj.StochasticModel, None)
dwmtj: devices.DomainWallModel = cast(domain_wall_mtj.DomainWallModel, None)
levels: devices.Levels = cast(domain_wall_mtj.Levels, None)
written: devices.Written = cast(domain_wall_mtj.Written, None)
models: devices.DeviceModels = cast(store.CompactModels, None)
"""

FOREIGN = """
state: devices.Reads[dict[str, jax.Array]] = cast(ForeignReads, None)
models: devices.DeviceModels = ForeignModels()
"""

# What a model of another kind has wrong, and what mypy must say about it.
WRONG = {
    "lacks_a_method": (
        """
class Model(stochastic_mtj.StochasticModel):
    autocorrelation: None  # type: ignore[assignment]
wrong: devices.StochasticModel = cast(Model, None)
""",
        "autocorrelation",
    ),
    "is_no_model": ("wrong: devices.StochasticModel = cast(domain_wall_mtj.DomainWallModel, None)", "DomainWallModel"),
    "returns_a_number": (
        """
class Model(stochastic_mtj.StochasticModel):
    def sigma(self, voltage: ArrayLike, read_voltage: ArrayLike = 0.0) -> float:  # type: ignore[override]
        return 0.0
wrong: devices.StochasticModel = cast(Model, None)
""",
        r"def sigma\(self, voltage: .*\) -> float",
    ),
    "forgets_its_state": (
        """
class Reads(ForeignReads):
    def advance(self, key: jax.Array, state: dict[str, jax.Array]) -> jax.Array:  # type: ignore[override]
        return key
wrong: devices.Reads[dict[str, jax.Array]] = cast(Reads, None)
""",
        "advance",
    ),
    "asks_for_more": (
        """
class Ladder(domain_wall_mtj.DomainWallModel):
    def program(self, key: jax.Array, target: ArrayLike, start: int) -> Any:  # type: ignore[override]
        return None
wrong: devices.DomainWallModel = cast(Ladder, None)
""",
        "program",
    ),
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """What mypy says, by snippet."""
    folder = tmp_path_factory.mktemp("contract")
    snippets = {"ours": OURS, "foreign": FOREIGN} | {name: snippet for name, (snippet, _) in WRONG.items()}
    for name, snippet in snippets.items():
        (folder / f"{name}.py").write_text(IMPORTS + snippet, encoding="utf-8")
    search = os.pathsep.join(map(str, (links.make(), links.ROOT)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYPYPATH", search)
        files = [str(folder / f"{name}.py") for name in snippets]
        # With the settings, links and cache of the run over the package, which makes this one short.
        settings = ["--config-file", str(links.ROOT / "pyproject.toml"), "--cache-dir", str(links.ROOT / ".mypy_cache")]
        report, failure, _ = api.run([*settings, *files])
    assert not failure, failure
    return {name: re.findall(rf"^.*\b{name}\.py:.*$", report, re.MULTILINE) for name in snippets}


@pytest.mark.parametrize("name", ["ours", "foreign"])
def test_models_fulfil_the_protocols(errors, name):
    assert errors[name] == []


@pytest.mark.parametrize("name", WRONG)
def test_a_model_with_something_wrong_does_not(errors, name):
    text = "\n".join(errors[name])
    assert "Incompatible types in assignment" in text
    assert re.search(WRONG[name][1], text), text
