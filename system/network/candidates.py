"""What was chosen among before training, and by which figures: the record of `magbayes.system.network.selection`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from magbayes.system.network.settings import NetworkSettings


@dataclass(frozen=True)
class Selection:
    """Candidates, and how likely each of them makes training inputs that it has not seen.

    Attributes
    ----------
    kl_weight, prior_std : (candidates,)
        Of every candidate.
    nll : (candidates,)
        Mean negative log predictive density of the targets that were set apart, nat.
    excess_error : (candidates,)
        Standard error, over these targets, of its excess over that of the taken candidate, nat.
    inputs
        Training inputs that were set apart.
    """

    kl_weight: np.ndarray
    prior_std: np.ndarray
    nll: np.ndarray
    excess_error: np.ndarray
    inputs: int

    @property
    def taken(self) -> int:
        """Number of the candidate that was taken: the one of the smallest `nll`."""
        return int(self.nll.argmin())

    def of(self, settings: NetworkSettings) -> NetworkSettings:
        """Return `settings` with what was taken in place of lists."""
        update = {name: float(getattr(self, name)[self.taken]) for name in ("kl_weight", "prior_std")}
        return settings.model_copy(update=update)

    def lines(self) -> list[str]:
        """Return in words what was taken and why, a line each."""
        names = [f"KL weight {k:g}, prior std {p:g}" for k, p in zip(self.kl_weight, self.prior_std, strict=True)]
        excess = zip(names, self.nll - self.nll.min(), self.excess_error, strict=True)
        others = [f"{name} {more:+.3f} ± {error:.3f}" for name, more, error in excess if name != names[self.taken]]
        return [
            f"{names[self.taken]} was taken of {len(names)} candidates, since its NLL of {self.inputs} training inputs "
            f"that were set apart is the least, {self.nll.min():.3f} nat",
            f"the others' is higher by (± standard error): {'; '.join(others)}",
        ]
