"""Shared by all tests: one thread a process, as jobs of the workflow run."""

import os

import pytest

from tests import checking

os.environ.setdefault("NPROC", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("MPLBACKEND", "agg")

checking.install()


@pytest.fixture
def needs_oommf():
    """Skips where no OOMMF runs, and says why."""
    from magbayes.micromag.engines import oommf

    try:
        oommf.require()
    except oommf.EngineNotFoundError as error:
        pytest.skip(str(error))
