"""What the fits ask of the raw ensembles that they are given."""

from __future__ import annotations

from collections.abc import Sequence

from magbayes.data.container import FileFormatError
from magbayes.micromag import raw


def expect(ensembles: Sequence[raw.RawEnsemble], device_type: str) -> None:
    """Refuse ensembles of another kind of device."""
    for ensemble in ensembles:
        if ensemble.device_type != device_type:
            raise FileFormatError(f"a raw ensemble is of a {ensemble.device_type}; expected a {device_type}")
