#!/usr/bin/env bash
# This package goes into the environment too; Snakemake runs in its folder.
set -o errexit
python -m pip install --no-deps --editable .
