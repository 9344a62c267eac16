"""Random ubermag systems, each from a seed: meshes, regions, materials, terms and functions of time."""

import discretisedfield as df
import micromagneticmodel as mm
import numpy as np

DURATION = 1e-12
"""Length in s of the runs that the functions of time are made for."""

CLASSES = ["T", "O", "Cnv_x", "Cnv_y", "Cnv_z", "D2d_x", "D2d_y", "D2d_z"]


class Draw:
    """One random system.

    `oommf` keeps to what OOMMF computes of a state: at most one periodic direction with a demagnetising field, fields
    that are constant in time, and on a mesh that repeats no magnetoelastic term, on which it aborts, and no RKKY, whose
    pairs half a period apart it takes for opposite ones.
    """

    def __init__(self, seed: int, oommf: bool = False) -> None:
        self.rng, self.oommf = np.random.default_rng(seed), oommf
        n = [int(count) for count in self.rng.integers(1, 6, size=3)]
        bc = "".join(axis for axis in "xyz" if self.chance(0.4))
        if oommf:
            bc = bc[:1]
        self.cell = self.rng.uniform(2e-9, 4e-9, size=3)
        self.mesh = df.Mesh(p1=(0, 0, 0), p2=tuple(self.cell * n), n=n, bc=bc, subregions=self._subregions(n))
        holes = self.rng.random(n) < (0.2 if self.chance(0.3) else 0.0)
        holes.flat[self.rng.integers(holes.size)] = False
        norm = np.where(holes, 0.0, 8e5 if self.chance(0.5) else self.rng.uniform(4e5, 1.2e6, size=n))[..., None]
        start = self.rng.normal(size=(*n, 3))
        self.system = mm.System(
            name=f"random{seed}",
            energy=self._energy(),
            dynamics=self._dynamics(),
            m=df.Field(self.mesh, nvdim=3, value=start, norm=df.Field(self.mesh, nvdim=1, value=norm)),
            T=0,
        )

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _subregions(self, n: list[int]) -> dict[str, df.Region]:
        """Two parts of the mesh along a direction, or none."""
        axis = int(self.rng.integers(3))
        if n[axis] < 2 or self.chance(0.3):
            return {}
        middle = int(self.rng.integers(1, n[axis]))
        ends = np.tile(np.array([np.zeros(3), self.cell * n]), (2, 1, 1))
        ends[0, 1, axis] = ends[1, 0, axis] = middle * self.cell[axis]
        return {name: df.Region(p1=tuple(low), p2=tuple(high)) for name, (low, high) in zip("ab", ends, strict=True)}

    def number(self, low: float, high: float, between: bool = False):
        """A number, a dictionary by region, or for pairs one that has those between two regions too."""
        if not self.mesh.subregions or self.chance(0.5):
            return float(self.rng.uniform(low, high))
        keys = ["a", "default"] + (["a:b"] if between else [])
        return {key: float(self.rng.uniform(low, high)) for key in keys}

    def grid(self, low: float, high: float) -> df.Field:
        return df.Field(self.mesh, nvdim=1, value=self.rng.uniform(low, high, size=(*self.mesh.n, 1)))

    def vector(self) -> tuple[float, ...]:
        return tuple(float(c) for c in self.rng.normal(size=3))

    def _energy(self):
        terms = []
        if self.chance(0.7):
            terms.append(
                mm.Exchange(A=self.grid(2e-12, 1e-11) if self.chance(0.3) else self.number(2e-12, 1e-11, True))
            )
        if self.chance(0.5):
            terms.append(mm.DMI(D=self.number(-2e-3, 2e-3, True), crystalclass=str(self.rng.choice(CLASSES))))
        if self.chance(0.4):
            terms.append(mm.UniaxialAnisotropy(K=self.number(1e5, 5e5), u=self.vector()))
        if self.chance(0.2):
            axis = np.array(self.vector())
            axis = tuple(axis / np.linalg.norm(axis))  # this one OOMMF does not normalise
            terms.append(mm.UniaxialAnisotropy(K1=2e5, K2=self.number(1e4, 2e5), u=axis, name="quartic"))
        if self.chance(0.2):
            terms.append(mm.CubicAnisotropy(K=self.number(1e4, 1e5), u1=(0.6, 0, 0.8), u2=(0, 1, 0)))
        if self.chance(0.2) and not (self.oommf and self.mesh.bc):
            strain = {"e_diag": (1e-3, -2e-3, 3e-3), "e_offdiag": (4e-3, 5e-3, 6e-3)}
            terms.append(mm.MagnetoElastic(B1=self.number(-1e7, 1e7), B2=self.number(-1e7, 1e7), **strain))
        if self.chance(0.5) and self.mesh.bc != "xyz" and not (self.oommf and len(self.mesh.bc) > 1):
            terms.append(mm.Demag())
        if self.mesh.subregions and self.chance(0.4) and not (self.oommf and self.mesh.bc):
            terms.append(mm.RKKY(subregions=["a", "b"], sigma=self.number_of(1e-4), sigma2=self.number_of(5e-5)))
        if not terms or self.chance(0.7):
            terms.append(mm.Zeeman(H=self.vectors(5e5)))
        if self.chance(0.5) and not self.oommf:
            terms.append(self._driven())
        return sum(terms[1:], start=terms[0])

    def number_of(self, scale: float) -> float:
        return float(self.rng.uniform(-scale, scale))

    def vectors(self, scale: float):
        if not self.mesh.subregions or self.chance(0.5):
            return tuple(scale * np.array(self.vector()))
        return {key: tuple(scale * np.array(self.vector())) for key in ("a", "b")}

    def _driven(self) -> mm.Zeeman:
        """A field that varies in time."""
        H, kind = self.vectors(5e5), int(self.rng.integers(4))
        if kind < 2:
            wave = {
                "func": ("sin", "sinc")[kind],
                "f": float(self.rng.uniform(0.5, 3)) / DURATION,
                "t0": 0.3 * DURATION,
            }
            return mm.Zeeman(H=H, name="driven", **wave)
        if kind == 2:
            return mm.Zeeman(H=H, name="driven", **self._function())
        pace = self.rng.uniform(1, 6) / DURATION

        def turning(t):
            c, s = np.cos(pace * t), np.sin(pace * t)
            return [c, -s, 0, s, c, 0, 0, 0, 1]

        return mm.Zeeman(H=H, name="driven", func=turning, dt=DURATION / 100)

    def _function(self) -> dict:
        """A rectangular pulse, or a smooth one."""
        begin, width = self.rng.uniform(0.1, 0.5) * DURATION, self.rng.uniform(0.05, 0.4) * DURATION
        if self.chance(0.5):
            return {"func": lambda t: 1.5 if begin <= t < begin + width else -0.5, "dt": DURATION / 37}
        return {"func": lambda t: 2 * float(np.exp(-(((t - begin) / width) ** 2))), "dt": DURATION / 100}

    def _dynamics(self):
        terms = [mm.Precession(gamma0=self.number(1.5e5, 2.5e5) if self.chance(0.3) else mm.consts.gamma0)]
        terms.append(mm.Damping(alpha=self.number(0.02, 0.5)))
        if self.chance(0.4):
            function = self._function() if self.chance(0.5) else {}
            spin = {"mp": self.vector(), "P": 0.4, "Lambda": self.number(1.0, 2.0), "eps_prime": 0.1}
            terms.append(mm.Slonczewski(J=self.number(-5e12, 5e12), **spin, **function))
        if self.chance(0.3):
            function = self._function() if self.chance(0.5) else {}
            terms.append(mm.ZhangLi(u=self.vectors(200.0), beta=0.1, **function))
        return sum(terms[1:], start=terms[0])


def system(seed: int, oommf: bool = False) -> mm.System:
    """The random system of a seed; see `Draw`."""
    return Draw(seed, oommf).system
