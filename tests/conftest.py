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

MAPPINGS, MOST_MAPPINGS = Path("/proc/self/maps"), 20_000
"""Parts of a process's memory: Linux lets it have 65 530, of which each compiled program takes several, and a compiler
that gets no more of them crashes."""


@pytest.fixture(scope="module", autouse=True)
def few_programs():
    """Programs are let go between modules before they are too many."""
    yield
    if MAPPINGS.exists() and MAPPINGS.read_bytes().count(b"\n") > MOST_MAPPINGS:
        import jax

        jax.clear_caches()


@pytest.fixture
def needs_oommf():
    """Skips where no OOMMF runs, and says why."""
    from magbayes.micromag.engines import oommf

    try:
        oommf.require()
    except oommf.EngineNotFoundError as error:
        pytest.skip(str(error))
