"""Shared by all tests: one thread a process, and programs that are compiled once, as jobs of the workflow run."""

import os
from pathlib import Path

import pytest

from tests import checking

os.environ.setdefault("NPROC", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("MPLBACKEND", "agg")
if "PYTEST_VERSION" in os.environ:  # and not in a benchmark, which has its one thread from here
    # What a test compiles stands ready for other workers, for workflows that tests run, and for the next run.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / "build" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

checking.install()


@pytest.fixture
def needs_oommf():
    """Skips where no OOMMF runs, and says why."""
    from magbayes.micromag.engines import oommf

    try:
        oommf.require()
    except oommf.EngineNotFoundError as error:
        pytest.skip(str(error))
