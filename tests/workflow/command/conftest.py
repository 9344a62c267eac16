"""Ensembles of made-up devices, as the tests of compact models have them."""

from tests.compact_models.conftest import *  # noqa: F403
