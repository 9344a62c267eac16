"""What all native drivers share: arguments, the drive folder, and how a system is updated."""

from __future__ import annotations

import importlib.metadata
import json
import time
from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime
from numbers import Real
from typing import Any, ClassVar

import discretisedfield as df
import jax
import micromagneticmodel as mm
import numpy as np
import ubermagtable as ut

from magbayes.micromag.calculator import mif, tables, tcl
from magbayes.micromag.llg import inputs
from magbayes.micromag.llg.model import Model, from_grid, to_grid, translate

FORMATS = ("bin8", "bin4", "txt")

Row = dict[str, float]


class Driver(mm.ExternalDriver):
    """Base of the drivers; nothing is external about them but the folders they write.

    A drive folder ``<dirname>/<system.name>/drive-<number>`` holds ``m0.omf``, one ``<name>-<driver>-<index>.omf`` for
    each state that is kept, the table ``<name>.odt`` and ``info.json``, whose ``success`` is written last; and
    ``<name>.mif``, with which OOMMF would do the same, where there is such a thing.
    """

    _options: ClassVar[dict[str, Any]] = {"fixed_subregions": None, "n_threads": None, "save": None, "overwrite": None}
    """Keyword arguments of `drive` that a driver takes, with their defaults."""

    def drive(
        self,
        system: mm.System,
        /,
        dirname: str = ".",
        append: bool = True,
        runner: None = None,
        ovf_format: str = "bin8",
        verbose: int = 1,
        **kwargs: Any,
    ) -> None:
        """Drive a system; `system.m` and `system.table` are what it reached.

        Parameters
        ----------
        system
            The system.
        dirname
            Where the folder of the system is, or will be.
        append
            Whether there may be earlier drives.
        runner
            There is none; the argument is that of `micromagneticmodel.ExternalDriver`.
        ovf_format
            Of the states on disk: ``"bin8"``, ``"bin4"`` or ``"txt"``; `system.m` has all digits in any case.
        verbose
            0 prints nothing.
        **kwargs
            ``fixed_subregions``, names of subregions of the mesh whose spins are held; ``n_threads`` is taken for
            the sake of scripts for oommfc and changes nothing, as JAX sets its threads for a whole process
            (``XLA_FLAGS``, ``OMP_NUM_THREADS``), and so are ``save`` and ``overwrite`` of its first versions; and what
            the driver documents.

        Raises
        ------
        FileExistsError
            There are earlier drives, and `append` is false.
        NotImplementedError
            The engine cannot honour a term of the system, the unit of a field, or an attribute of the evolver.
        ValueError
            A value of the system is not finite.
        """
        if ovf_format not in FORMATS:
            raise ValueError(f"ovf_format {ovf_format!r} is unknown; accepted: {FORMATS}")
        inputs.check(system)
        kwargs = self._given(system, kwargs) | kwargs
        arguments = dict(kwargs)
        self.drive_kwargs_setup(arguments)
        self._check_arguments(system, arguments)
        super().drive(
            system, dirname=dirname, append=append, runner=runner, ovf_format=ovf_format, verbose=verbose, **kwargs
        )

    def schedule(self, *args: Any, **kwargs: Any) -> None:
        """Not offered: a scheduled job is the Python script itself."""
        raise NotImplementedError("the native engine runs in the Python process: submit the script that calls drive")

    def _given(self, system: mm.System, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments of a drive that the driver's attributes give."""
        return {}

    @abstractmethod
    def _check_arguments(self, system: mm.System, arguments: dict[str, Any]) -> None:
        """Refuse values that are out of range or do not go with the system."""

    @abstractmethod
    def _states(self, system: mm.System, model: Model, **arguments: Any) -> Iterator[tuple[np.ndarray | None, Row]]:
        """Yield the rows of the table, each with its state (3, nz, ny, nx) if that is to be kept."""

    def drive_kwargs_setup(self, drive_kwargs: dict[str, Any]) -> None:
        """Add the defaults to the keyword arguments of `drive`; refuse what is not among them."""
        for key in drive_kwargs:
            if key not in self._options:
                raise TypeError(f"{type(self).__name__}.drive takes no {key!r}; accepted: {sorted(self._options)}")
        for key, value in self._options.items():
            drive_kwargs.setdefault(key, value)

    schedule_kwargs_setup = drive_kwargs_setup

    def _check_system(self, system: mm.System) -> None:
        if len(system.energy) == 0:
            raise RuntimeError("System's energy is not defined")

    def _write_input_files(self, system: mm.System, ovf_format: str, **kwargs: Any) -> None:
        self._format = {"representation": ovf_format, "save_subregions": False}
        mif.write(self, system, ovf_format, kwargs)
        system.m.to_file("m0.omf", representation=ovf_format)

    def _call(
        self, system: mm.System, runner: None, verbose: int = 1, fixed_subregions: Any = None, **arguments: Any
    ) -> None:
        begin = time.perf_counter()
        if verbose:
            moment = datetime.now().isoformat(timespec="seconds")
            print(f"Running magbayes.micromag.calculator ({engine()})[{moment}]...", end="", flush=True)
        for key in ("n_threads", "save", "overwrite"):
            del arguments[key]
        if set("xyz") <= set(system.m.mesh.bc) and system.energy.get(type=mm.Demag):
            raise ValueError("demag has no unique value in a system that is periodic along x, y and z")
        model = translate(tcl.resolve(system), fixed_subregions=fixed_subregions)
        rows = []
        for index, (m, row) in enumerate(self._states(system, model, **arguments)):
            rows.append(row)
            if m is not None:
                self._reached = magnetisation(system, m)
                self._reached.to_file(f"{system.name}-{type(self).__name__}-{index:07d}.omf", **self._format)
        tables.write(f"{system.name}.odt", rows)
        if verbose:
            print(f" ({time.perf_counter() - begin:.1f} s)")

    def _read_data(self, system: mm.System) -> None:
        system.m.array = self._reached.array
        system.table = ut.Table.fromfile(f"{system.name}.odt", x=self._x)

    def _write_info_json(self, system: mm.System, start_time: datetime, **kwargs: Any) -> None:
        info = {
            "drive_number": system.drive_number,
            "date": f"{start_time:%Y-%m-%d}",
            "time": f"{start_time:%H:%M:%S}",
            "start_time": start_time.isoformat(timespec="seconds"),
            "adapter": "magbayes.micromag.calculator",
            "adapter_version": importlib.metadata.version("magbayes"),
            "engine": engine(),
            "driver": type(self).__name__,
            **kwargs,
        }
        with open("info.json", "w", encoding="utf-8") as file:
            json.dump(info, file, default=_plain)

    def _schedule_commands(self, system: mm.System, runner: None) -> list[str]:
        return []


def _plain(value: Any) -> Any:
    """What JSON takes, for an array or a number of NumPy's; of anything else, such as a runner, its text."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


def check_number(name: str, value: Any, unit: str) -> None:
    """Refuse what is no real number of at least 0.

    Raises
    ------
    ValueError
        The message has the name, the value and the unit.
    """
    if not isinstance(value, Real) or not float(value) >= 0:
        raise ValueError(f"{name} {value!r} must be a number of at least 0 {unit}")


def engine() -> str:
    """Name of what computes."""
    return f"jax {jax.__version__} on {jax.default_backend()}"


def directions(system: mm.System) -> np.ndarray:
    """Unit vectors (3, nz, ny, nx) of a system's magnetisation."""
    return to_grid(system.m.orientation.array)


def magnetisation(system: mm.System, m: np.ndarray) -> df.Field:
    """Field in A/m of unit vectors (3, nz, ny, nx)."""
    return df.Field(system.m.mesh, nvdim=3, value=from_grid(m) * system.m.norm.array)
