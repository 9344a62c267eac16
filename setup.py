"""Refuses an old Python in one line, which pip alone buries under every release of every dependency."""

import sys

from setuptools import setup

OLDEST = (3, 11)
if sys.version_info[:2] < OLDEST:
    sys.exit(f"spinbayes needs Python {'.'.join(map(str, OLDEST))} or newer; this is {sys.version.split()[0]}")
setup()
