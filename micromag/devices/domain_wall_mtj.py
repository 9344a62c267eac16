"""Domain-wall MTJs: a notched track in which the position of one wall is the stored level."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator
from scipy.constants import mu_0

from magbayes.micromag.devices.coverage import Coverage, covered
from magbayes.micromag.devices.current import SheetCurrent, sheet_current
from magbayes.micromag.devices.device import Exponent, Length, MagneticTunnelJunction, Thickness
from magbayes.micromag.devices.heat import Pulse, strip
from magbayes.micromag.llg.newell import demag_tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    import discretisedfield as df
    import micromagneticmodel as mm

HeatCapacity = Annotated[float, Field(ge=1e4, le=1e8)]

PROFILE_INTERVAL = 1e-12
"""Resolution in s of the current's profile in time."""


class DomainWallTrack(MagneticTunnelJunction):
    """A track with notches on both edges, of any profile, interfacial DMI and spin-orbit torque from a metal below.

    The whole track is simulated, end sections included, so that a wall feels the neighbouring notches and the
    ends as it does in the device. A positive current moves the wall towards +x and widens the domain along +z;
    the reference layer, along +z, covers the notched section: ``G = G_perp (1 + P^2 <m_z>)``. A notch is a level.
    A current density is that at the full width of the metal; where the metal is narrower the current is denser.

    The spin Hall angle of W is negative: a current along +x in a film below polarises spins along +y.

    Every notch must be its own mirror image along x: pulses of one direction then tell of both.
    """

    stack: str = "w-cofeb-mgo"
    notches: int = Field(8, ge=2, le=64, description="number of notches, hence of levels")
    notch_pitch: Length = Field(117e-9, description="distance of notches, m")
    notch_depth: Length = Field(31e-9, description="depth of a notch at either edge, m")
    notch_width: Length = Field(117e-9, description="width of a notch at the edge, m")
    end_length: Length = Field(36e-9, description="section without notches at either end, m")
    cell_size: Length = Field(4.5e-9, description="lateral edge of a cell, m; must divide the device")
    width: Length = Field(90e-9, description="width of the track, m")
    thickness: Thickness = Field(0.7e-9, description="free layer, m")
    dmi: float = Field(ge=0, le=1e-2, description="interfacial D, J/m^2")
    dmi_exponent: Exponent = Field(description="D goes with this power of Ms(T)")
    spin_hall_angle: float = Field(ge=1e-4, le=1, description="magnitude of the spin Hall angle of the metal")
    heavy_metal_thickness: Thickness = Field(description="metal below the track, m")
    heavy_metal_resistivity: float = Field(ge=1e-9, le=1e-4, description="Ohm m")
    heavy_metal_etched: bool = Field(
        True, description="the metal has the outline of the track, so that current crowds in the necks; or a full strip"
    )
    heavy_metal_heat_capacity: HeatCapacity = Field(description="heat capacity of the metal, J/(m^3 K)")
    free_layer_heat_capacity: HeatCapacity = Field(description="heat capacity of the free layer, J/(m^3 K)")
    cover_heat_capacity: float = Field(ge=0, le=1e3, description="heat capacity of all layers above, J/(m^2 K)")
    interface_resistance: float = Field(ge=0, le=1e-6, description="thermal resistance of metal on oxide, m^2 K/W")
    oxide_conductivity: float = Field(ge=1e-2, le=1e3, description="thermal conductivity of the oxide, W/(m K)")
    oxide_heat_capacity: HeatCapacity = Field(description="heat capacity of the oxide, J/(m^3 K)")
    oxide_depth: float = Field(ge=1e-9, le=1e-6, description="thickness of the oxide on its heat sink, m")

    @abstractmethod
    def notch_profile(self, distance: np.ndarray) -> np.ndarray:
        """Cut at distances in m from the middle of a notch, as a share of its depth; not above 0 beside the notch.

        It may bend or jump at the middle and at half of `notch_width`; elsewhere it has to be smooth.
        """

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_divides(notch_pitch=self.notch_pitch, width=self.width, end_length=self.end_length)
        deepest = self.deepest_notch
        if self.notch_depth > deepest * (1 + 1e-9):
            raise ValueError(
                f"notch_depth {self.notch_depth:g} m cuts the track of width {self.width:g} m, of which two cells must "
                f"be left; accepted: up to {deepest:g} m"
            )
        if self.notch_width > self.notch_pitch:
            raise ValueError(
                f"notch_width {self.notch_width:g} m is above notch_pitch {self.notch_pitch:g} m; notches overlap"
            )
        self._check_mesh()
        for name, value in (("notch_depth", self.notch_depth), ("notch_width", self.notch_width)):
            if value < self.cell_size * (1 - 1e-9):
                raise ValueError(
                    f"{name} {value:g} m is below one cell of {self.cell_size:g} m; accepted: {self.cell_size:g} m or "
                    "more, or smaller cells"
                )
        if self.notch_area < self.cell_size**2 / 2 * (1 - 1e-9):
            raise ValueError(
                f"a notch of this profile, notch_depth {self.notch_depth:g} m and notch_width {self.notch_width:g} m "
                f"takes {self.notch_area:.3g} m^2 off an edge; accepted: half a cell ({self.cell_size**2 / 2:.3g} m^2) "
                "or more, or smaller cells"
            )
        # A film has the largest shape anisotropy; what holds there needs no demagnetising factors.
        if self.film_stiffness <= 0 and self.anisotropy <= self.shape_anisotropy:
            least = self.shape_anisotropy * self.thickness
            raise ValueError(
                f"interface_anisotropy {self.interface_anisotropy:g} J/m^2 holds no domain perpendicular to a track of "
                f"thickness {self.thickness:g} m; accepted: above {least:.4g} J/m^2"
            )
        return self

    @property
    def exponents(self) -> dict[str, float]:
        """Power of Ms(T) with which each parameter that depends on the temperature goes."""
        return super().exponents | {"dmi": self.dmi_exponent}

    @property
    def length(self) -> float:
        """Length of the track, m."""
        return self.notches * self.notch_pitch + 2 * self.end_length

    @property
    def cells(self) -> int:
        """Cells of the mesh, those in notches included."""
        return round(self.length / self.cell_size) * self.rows

    @property
    def rows(self) -> int:
        """Cells of the mesh across the track."""
        return round((self.width + 2 * self.margin) / self.cell_size)

    @property
    def margin(self) -> float:
        """Height of the mesh beyond `width` at either edge, m: whole cells, where the track as it is made has any."""
        return 0.0

    @property
    def deepest_notch(self) -> float:
        """Depth in m of a notch that leaves two cells of the track's width."""
        return self.width / 2 - self.cell_size

    @property
    def notch_area(self) -> float:
        """What one notch takes off one edge of the track, m^2."""
        distance = (np.arange(1000) + 0.5) / 1000 * self.notch_width / 2
        return float(np.maximum(self.notch_profile(distance), 0.0).mean()) * self.notch_depth * self.notch_width

    @property
    def film_stiffness(self) -> float:
        """K_eff of a film of the track's material, J/m^3."""
        return self.anisotropy - mu_0 / 2 * self.saturation_magnetisation**2

    @property
    def shape_anisotropy(self) -> float:
        """What the demagnetising field takes off the anisotropy of the whole track, mu0 Ms^2 (N_z - N_x) / 2, J/m^3."""
        tensor = demag_tensor((1, 1, 1), (self.length, self.width, self.thickness))
        factors = {name: float(np.ravel(tensor[name])[0]) for name in ("xx", "zz")}
        return mu_0 / 2 * self.saturation_magnetisation**2 * (factors["zz"] - factors["xx"])

    @property
    def notch_positions(self) -> np.ndarray:
        """X of each notch, m; the middle of the track is 0."""
        return (np.arange(self.notches) - (self.notches - 1) / 2) * self.notch_pitch

    @property
    def resistance(self) -> float:
        """Resistance in Ohm of the metal under the track, between its ends."""
        return self.heavy_metal_resistivity / self.heavy_metal_thickness * self.current.squares

    def pulse_energy(self, current_density: float, duration: float) -> float:
        """Joule heat in J in the metal of a pulse of `current_density` in A/m^2 and `duration` in s."""
        current = current_density * self.width * self.heavy_metal_thickness
        return current**2 * self.resistance * duration

    def heating(self, current_density: float, duration: float) -> Pulse:
        """Warming of a notch by a pulse of `current_density` in A/m^2 and `duration` in s.

        Power per area and width are means over what heat reaches along the track during the pulse, on either side of a
        notch: necks are hotter than the track is on average.
        """
        fill, x = self.coverage.fill, self.cell_size * (np.arange(len(self.coverage.fill)) + 0.5) - self.length / 2
        reach = math.sqrt(self.oxide_conductivity / self.oxide_heat_capacity * duration)
        near = np.abs(x - self.notch_positions[self.notches // 2]) < max(reach, self.cell_size)
        square = (self.current.density**2).sum(axis=0)[near] / np.where(fill[near] > 0, fill[near], 1.0)
        sheet = self.heavy_metal_resistivity * self.heavy_metal_thickness
        power = sheet * current_density**2 * float(square.sum() / fill[near].sum())
        layers = (
            self.heavy_metal_thickness * self.heavy_metal_heat_capacity
            + self.thickness * self.free_layer_heat_capacity
            + self.cover_heat_capacity
        )
        response = strip(
            float(self.coverage.widths[near].mean()) if self.heavy_metal_etched else self.width,
            layers=layers,
            interface=self.interface_resistance,
            conductivity=self.oxide_conductivity,
            capacity=self.oxide_heat_capacity,
            thickness=self.oxide_depth,
        )
        return Pulse(response, power, duration)

    @property
    def notch_shapes(self) -> tuple[np.ndarray, np.ndarray]:
        """X and depth of each notch as it is made, m."""
        return self.notch_positions, np.full(self.notches, self.notch_depth)

    def half_width(self, x: np.ndarray) -> np.ndarray:
        """Half of the width of the track as it is drawn at x (n,) in m, m."""
        positions, depths = self.notch_shapes
        profile = np.clip(self.notch_profile(np.abs(np.asarray(x)[:, None] - positions)), 0, 1)
        half: np.ndarray = self.width / 2 - (depths * profile).max(axis=1)
        return half

    def edges(self, x: np.ndarray) -> np.ndarray:
        """Distances (2, n) of the upper and of the lower edge from y = 0, as they are made, at x (n,) in m, m."""
        half = self.half_width(x)
        return np.stack([half, half])

    def deviation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Relative deviation (nx, ny) of K_i from `interface_anisotropy` in the film as it is made, at x and y in m."""
        return np.zeros((len(x), len(y)))

    @cached_property
    def coverage(self) -> Coverage:
        """What the cells of the mesh hold of the track as it is drawn."""
        positions, _ = self.notch_shapes
        breaks = np.concatenate([positions + side * self.notch_width / 2 for side in (-1, 0, 1)])
        columns = round(self.length / self.cell_size)
        return covered(self.edges, breaks, (columns, self.rows), self.cell_size, self.thickness)

    @cached_property
    def grain_share(self) -> np.ndarray:
        """(nx, ny), share of a cell that is material times the mean deviation of K_i in it."""
        return self.coverage.of_material(self.deviation(*self.coverage.parts))

    @cached_property
    def current(self) -> SheetCurrent:
        """Mean current density in the metal below each cell's material, over that at the full width of the metal."""
        fill = self.coverage.fill
        if not self.heavy_metal_etched:
            return SheetCurrent(np.stack([fill, np.zeros_like(fill)]), self.length / self.width)
        sheet = sheet_current(self.coverage.fine)
        # The mesh may be higher than the metal is wide.
        share = self.width / (self.rows * self.cell_size)
        return SheetCurrent(np.stack([share * self.coverage.of_cells(part) for part in sheet.density]), sheet.squares)

    @cached_property
    def _faces(self) -> dict[tuple[tuple[int, int], tuple[int, int]], float]:
        """Covered share of the faces between material, where it is not 1, by the two cells."""
        cut = self.coverage
        filled = cut.fill > 0
        faces = {}
        for shares, (dx, dy) in ((cut.along, (1, 0)), (cut.across, (0, 1))):
            nx, ny = shares.shape
            partly = filled[:nx, :ny] & filled[dx:, dy:] & (shares != 1)
            for x, y in np.argwhere(partly).tolist():
                faces[(x, y), (x + dx, y + dy)] = float(shares[x, y])
        return faces

    @cached_property
    def mesh(self) -> df.Mesh:
        """Mesh of the track.

        Its subregion ``reference`` is the part under the reference layer. Before it come the cells with a face that the
        outline cuts, each a subregion of its own: so ubermag knows what couples two cells.
        """
        import discretisedfield as df

        x, y, edge = self.length / 2, self.width / 2 + self.margin, self.cell_size
        reference = self.notches * self.notch_pitch / 2
        cells = sorted({cell for pair in self._faces for cell in pair})
        subregions = {
            _name(cell): df.Region(
                p1=(cell[0] * edge - x, cell[1] * edge - y, 0),
                p2=((cell[0] + 1) * edge - x, (cell[1] + 1) * edge - y, self.thickness),
            )
            for cell in cells
        }
        mesh = df.Mesh(
            p1=(-x, -y, 0),
            p2=(x, y, self.thickness),
            n=(*self.coverage.fill.shape, 1),
            subregions={"reference": df.Region(p1=(-reference, -y, 0), p2=(reference, y, self.thickness))},
        )
        # Its setter checks each against the mesh; hundreds take longer than all else of a track, and they are cells.
        mesh._subregions = subregions | mesh.subregions
        return mesh

    def _coupling(self, strength: float) -> float | dict[str, float]:
        """A parameter of pairs of cells, as the covered share of their face has it."""
        pairs = {f"{_name(one)}:{_name(two)}": share * strength for (one, two), share in self._faces.items()}
        return pairs | {"default": strength} if pairs else strength

    def _of_cells(self, values: np.ndarray) -> df.Field:
        """Field of one value a cell, (nx, ny)."""
        import discretisedfield as df

        return df.Field(self.mesh, nvdim=1, value=values[:, :, None, None])

    @cached_property
    def shape(self) -> df.Field:
        """Ms of every cell in A/m: the film's times the share of the cell that is material."""
        return self._of_cells(self.saturation_magnetisation * self.coverage.fill)

    @property
    def area(self) -> float:
        """Area of the free layer under the reference layer, m^2."""
        ends = round(self.end_length / self.cell_size)
        return float(self.coverage.fill[ends : len(self.coverage.fill) - ends].sum()) * self.cell_size**2

    def _edge_anisotropy(self, saturation_magnetisation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Constants of two anisotropies (nx, ny) in J/m^3, along z and in the plane, and the latter's axis (nx, ny, 3).

        They are the stray field that cells which are partly filled lack with themselves and their neighbours.
        """
        n = self.coverage.demagnetisation
        scale = mu_0 / 2 * saturation_magnetisation**2
        half, mean = (n["xx"] - n["yy"]) / 2, (n["xx"] + n["yy"]) / 2
        # Of the two principal axes in the plane, the easy one.
        split = np.hypot(half, n["xy"])
        angle = np.where(split > 0, np.arctan2(n["xy"], half) / 2 + np.pi / 2, 0.0)
        axis = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=-1)
        return scale * (mean + split - n["zz"]), scale * 2 * split, axis

    @property
    def wall_width(self) -> float:
        """Width parameter of the wall, sqrt(A / K_eff) with K_eff of a film, m."""
        stiffness = self.film_stiffness
        return float(np.sqrt(self.exchange_stiffness / stiffness)) if stiffness > 0 else self.notch_pitch / 4

    def warnings(self) -> list[str]:
        """Warnings about the device that can be computed before a simulation."""
        warnings = super().warnings()
        if np.pi * self.wall_width > self.notch_pitch:
            warnings.append(
                f"the wall ({np.pi * self.wall_width:.3g} m) is wider than notch_pitch {self.notch_pitch:.3g} m; "
                "notches hardly pin it"
            )
        return warnings

    def wall(
        self, position: float, slope: float = 0.0
    ) -> Callable[[tuple[float, float, float]], tuple[float, float, float]]:
        """Direction of m as a function of a point in m, with a Néel wall at x = `position` in m on the middle line.

        It runs along dx / dy = `slope`; 0 is straight across.
        """
        across = 1 / math.hypot(1, slope)

        def direction(point: tuple[float, float, float]) -> tuple[float, float, float]:
            u = (point[0] - position - slope * point[1]) * across / self.wall_width
            in_plane = across / np.cosh(u)
            return (in_plane, -slope * in_plane, -np.tanh(u))  # D > 0 prefers this chirality

        return direction

    def _at_notch(self, notch: int) -> np.ndarray:
        """Directions (nx, ny, nz, 3) of a wall that runs straight across at a notch: alike in all cells of a column."""
        direction = self.wall(float(self.notch_positions[notch]))
        edge, (count, _, _) = self.mesh.cell[0], self.mesh.n
        middles = self.mesh.region.pmin[0] + edge * (np.arange(count) + 0.5)
        columns = np.array([direction((along, 0.0, 0.0)) for along in middles])
        return np.broadcast_to(columns[:, None, None], (*self.mesh.n, 3))

    def system(
        self, wall: int, current_density: float = 0.0, pulse_width: float = 0.0, temperature: float = 300.0
    ) -> mm.System:
        """The track with its wall at a notch, driven by one current pulse from t = 0.

        Parameters
        ----------
        wall
            Index of the notch.
        current_density
            In the heavy metal at its full width, A/m^2; positive moves the wall towards +x.
        pulse_width
            Length of the rectangular pulse, s.
        temperature
            K.
        """
        import discretisedfield as df
        import micromagneticmodel as mm

        if not 0 <= wall < self.notches:
            raise ValueError(f"wall {wall} is no notch of this device; accepted: 0 to {self.notches - 1}")
        device, bare = self.at(temperature), self.bare(temperature)
        fill = self.coverage.fill
        ms = bare.saturation_magnetisation
        normal, in_plane, axis = self._edge_anisotropy(ms)
        film = fill * bare.anisotropy(device.anisotropy) + bare.anisotropy_factor * device.anisotropy * self.grain_share
        dynamics = mm.Precession(gamma0=mm.consts.gamma0) + mm.Damping(alpha=self.damping)
        if current_density != 0.0:
            along, across = self.current.density
            density = np.hypot(along, across)
            spins = np.where(
                density > 0, np.stack([-across, along]) / np.where(density > 0, density, 1.0), [[[0]], [[1]]]
            )
            # The mean of m x (m x p) over the fluctuations of a cell is short of that of their mean by `moment`.
            dynamics += mm.Slonczewski(
                J=self._of_cells(current_density * density),
                mp=df.Field(self.mesh, nvdim=3, value=np.stack([*spins, np.zeros_like(density)], axis=-1)[:, :, None]),
                P=self.spin_hall_angle / bare.moment,
                Lambda=1,
                func=lambda time: 1.0 if time < pulse_width else 0.0,
                dt=PROFILE_INTERVAL,
            )
        return mm.System(
            name="dwmtj",
            energy=mm.Exchange(A=self._coupling(bare.exchange_stiffness))
            + mm.UniaxialAnisotropy(K=self._of_cells(film + normal), u=(0, 0, 1))
            + mm.UniaxialAnisotropy(
                K=self._of_cells(in_plane),
                u=df.Field(self.mesh, nvdim=3, value=axis[:, :, None, :]),
                name="edge",
            )
            + mm.DMI(D=self._coupling(bare.dmi_factor * device.dmi), crystalclass="Cnv_z")
            + mm.Demag(),
            dynamics=dynamics,
            m=df.Field(self.mesh, nvdim=3, value=self._at_notch(wall), norm=self._of_cells(ms * fill)),
            T=temperature,
        )


def _name(cell: tuple[int, int]) -> str:
    """Name of a cell as a subregion of the mesh."""
    return f"cell_{cell[0]}_{cell[1]}"


class DomainWallMTJ(DomainWallTrack):
    """A track with triangular notches on both edges; the notch at which its wall stands is the level."""

    type: Literal["notched_track"] = Field("notched_track", description="shape of the track and its notches")

    def notch_profile(self, distance: np.ndarray) -> np.ndarray:
        """A triangle."""
        return 1 - 2 * distance / self.notch_width
