"""Compact model of the stochastic MTJ: width, shape and memory of its conductance against gate voltage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator
from scipy.optimize import elementwise
from scipy.stats import norm

from magbayes.compact_models import autoregression, precession
from magbayes.compact_models.equilibrium import FALSE_ALARM, p_text
from magbayes.compact_models.precession import Memory
from magbayes.compact_models.reads import Reads, pieces
from magbayes.compact_models.schema import FROM_ZERO, NOT_NEGATIVE, POSITIVE, Column
from magbayes.data.convergence import WORST_CONVERGENCE
from magbayes.data.estimate import Estimate
from magbayes.data.shapes import AnyShape, RandomKey

FEWEST_SAMPLES = 200
"""Effective samples below which sigma (then known to 5 %) is called uncertain."""

DRAWS = 1000
"""Draws from the uncertainty of a fit among which one must have a sigma that rises with the voltage."""

LARGEST_BIAS = 0.5
"""Share of a half-width of sigma's 95 % interval, thus its standard error, that the replicas' start may make up."""

WORST_MISFIT = 0.1
"""Difference of the measured autocorrelation from the model's above which the memory is called inaccurate."""

INDEPENDENT = 1e-4
"""Correlation of successive reads below which they count as independent."""

PARAMETERS = ("exchange_stiffness", "anisotropy", "squared_magnetisation", "temperature")
"""Parameters of the cells in the order of `StochasticModel.sensitivity`; Ms is in the demagnetising energy alone."""

GRID = 32
"""Parts of each distance between gate voltages, between which reads over an integration time are interpolated."""


@dataclass(frozen=True)
class StochasticModel:
    """Statistics at the characterised gate voltages (V,), and interpolation between them.

    Source: fit of raw ensembles (`magbayes.compact_models.fit`). Valid between the first and the last voltage, at the
    temperature of the ensembles; any query outside is refused.

    A voltage that reads the junction drops across the tunnel barrier, and acts on the anisotropy from there (VCMA) as
    `read_lever` times that voltage at the gate would: where a query takes a `read_voltage`, the device is that of the
    sum. Junction and gate have one node in common, the free layer; what leaks through the gate is `leakage`.

    A read averages the conductance over an integration time, in s; 0 is the instant. Its width is that of the instant
    times the root of the variance function, which was measured at `integration_time`; in between, the memory's model is
    followed and its misfit interpolated. Successive reads correlate as in that model.
    """

    voltage: Annotated[np.ndarray, Column("V", "V", "gate voltages, rising", ("rising",))]
    conductance_mean: Annotated[np.ndarray, Column("V", "S", "mean conductance", POSITIVE)]
    conductance_sigma: Annotated[np.ndarray, Column("V", "S", "standard deviation; rises with the voltage", POSITIVE)]
    sigma_low: Annotated[
        np.ndarray, Column("V", "S", "lower end of the 95 % interval of `conductance_sigma`", NOT_NEGATIVE)
    ]
    sigma_high: Annotated[
        np.ndarray, Column("V", "S", "upper end of the 95 % interval of `conductance_sigma`", NOT_NEGATIVE)
    ]
    sigma_slope: Annotated[
        np.ndarray, Column("V", "S/V", "slope of `conductance_sigma` over the gate voltage", NOT_NEGATIVE)
    ]
    sensitivity: Annotated[
        np.ndarray,
        Column(
            "parameters, V",
            "1",
            "d ln sigma / d ln of each parameter of the cells: exchange stiffness, uniaxial anisotropy, Ms squared of "
            "the demagnetising energy, temperature; none where no energies were drawn",
        ),
    ]
    sensitivity_error: Annotated[
        np.ndarray, Column("parameters, V", "1", "standard error of `sensitivity`", NOT_NEGATIVE)
    ]
    sigma_parts: Annotated[np.ndarray, Column("V, parts", "S", "sigma in equal parts of the record", NOT_NEGATIVE)]
    drift_p_value: Annotated[
        np.ndarray, Column("V", "1", "p-value of the two-sided test that sigma does not drift along it", ("share",))
    ]
    relaxation_time: Annotated[
        np.ndarray, Column("V", "s", "memory of the square of m·p, with which sigma relaxes", NOT_NEGATIVE)
    ]
    start_bias: Annotated[
        np.ndarray, Column("V", "1", "share of sigma that the start along the normal leaves missing", ("share",))
    ]
    record_p_value: Annotated[
        np.ndarray,
        Column(
            "V", "1", "p-value of the test that trajectories are as wide as what was drawn; 1 of no draws", ("share",)
        ),
    ]
    decay_time: Annotated[np.ndarray, Column("V", "s", "decay time tau of the amplitude of precession", POSITIVE)]
    angular_frequency: Annotated[
        np.ndarray, Column("V", "rad/s", "omega of precession at small amplitude", NOT_NEGATIVE)
    ]
    frequency_shift: Annotated[
        np.ndarray, Column("V", "rad/s", "change of omega at the mean square amplitude, 0 or less", ("not positive",))
    ]
    memory_misfit: Annotated[
        np.ndarray,
        Column(
            "V",
            "1",
            "largest difference of the measured autocorrelation from that of the model of precession",
            NOT_NEGATIVE,
        ),
    ]
    integrated_time: Annotated[
        np.ndarray,
        Column("V", "s", "integral of the autocorrelation of m·p over all positive and negative lags", NOT_NEGATIVE),
    ]
    integration_time: Annotated[
        np.ndarray,
        Column("times", "s", "times over which reads were averaged, rising from 0", FROM_ZERO),
    ]
    variance_function: Annotated[
        np.ndarray,
        Column("V, times", "1", "variance of reads averaged over each time, over that of instants", POSITIVE),
    ]
    quantiles: Annotated[
        np.ndarray,
        Column(
            "V, times, scores",
            "1",
            "standardised quantile function of reads averaged over each time, at the normal scores",
            ("not falling",),
        ),
    ]
    largest_deviation: Annotated[np.ndarray, Column("V", "S", "distance of the mean from the parallel state", POSITIVE)]
    effective_samples: Annotated[
        np.ndarray, Column("V", "1", "effective number of independent samples behind sigma", NOT_NEGATIVE)
    ]
    skewness: Annotated[
        np.ndarray, Column("V", "1", "skewness of the conductance, 0 by symmetry; a check of the ensemble")
    ]
    skewness_error: Annotated[np.ndarray, Column("V", "1", "standard error of `skewness`", NOT_NEGATIVE)]
    excess_kurtosis: Annotated[
        np.ndarray, Column("V, times", "1", "excess kurtosis of reads averaged over each time, 0 for a Gaussian")
    ]
    gaussian_p_value: Annotated[
        np.ndarray, Column("V", "1", "p-value of the two-sided test that that of instants is 0", ("share",))
    ]
    detectable_kurtosis: Annotated[
        np.ndarray,
        Column(
            "V",
            "1",
            "about the excess kurtosis that the test finds at the 5 % level with 80 % power, from its standard error",
            NOT_NEGATIVE,
        ),
    ]
    convergence: Annotated[
        np.ndarray, Column("V", "1", "rank-normalised split R-hat of m·p and its square between the chains", POSITIVE)
    ]
    anisotropy_offset: Annotated[
        float,
        Column(
            "", "V", "gate voltage that acts as one standard deviation of the anisotropy between devices", NOT_NEGATIVE
        ),
    ]
    diameter_spread: Annotated[
        float, Column("", "1", "relative standard deviation of the diameter between devices", NOT_NEGATIVE)
    ]
    diameter_response: Annotated[float, Column("", "1", "d ln std(m·p) / d ln diameter, mean over gate voltages")]
    macrospin_sigma: Annotated[
        np.ndarray,
        Column(
            "V",
            "S",
            "sigma of one rigid spin in the limit of small angles, 0 where it has no perpendicular barrier",
            NOT_NEGATIVE,
        ),
    ]
    read_lever: Annotated[
        float, Column("", "1", "gate voltage that does to the anisotropy what 1 V over the barrier does", NOT_NEGATIVE)
    ]
    gate_capacitance: Annotated[
        float, Column("", "F", "capacitance of the gate; 0 where it is not known", NOT_NEGATIVE)
    ]
    gate_conductance: Annotated[np.ndarray, Column("V", "S", "current through the gate over its voltage", NOT_NEGATIVE)]
    resampled_sigma: Annotated[
        np.ndarray,
        Column("resamples, V", "S", "sigma of replicas drawn with replacement, one resample a row", POSITIVE),
    ]
    resampled_slope: Annotated[np.ndarray, Column("resamples, V", "S/V", "slope of sigma of the resampled replicas")]
    resampled_decay_time: Annotated[
        np.ndarray, Column("resamples, V", "s", "decay time of the resampled replicas", POSITIVE)
    ]
    resampled_frequency: Annotated[
        np.ndarray, Column("resamples, V", "rad/s", "angular frequency of the resampled replicas", NOT_NEGATIVE)
    ]
    resampled_shift: Annotated[
        np.ndarray, Column("resamples, V", "rad/s", "frequency shift of the resampled replicas", ("not positive",))
    ]
    resampled_variance_function: Annotated[
        np.ndarray, Column("resamples, V, times", "1", "variance function of the resampled replicas", POSITIVE)
    ]
    resampled_quantiles: Annotated[
        np.ndarray,
        Column(
            "resamples, V, scores",
            "1",
            "standardised quantile function of instants of the resampled replicas",
            ("not falling",),
        ),
    ]

    def __post_init__(self) -> None:
        steps = np.flatnonzero(np.diff(self.conductance_sigma) <= 0)
        if steps.size:
            i = steps[0]
            raise ValueError(
                f"sigma does not rise from {self.voltage[i]:g} V ({self.conductance_sigma[i]:.4g} S) to "
                f"{self.voltage[i + 1]:g} V ({self.conductance_sigma[i + 1]:.4g} S); "
                "record longer, use more replicas, or leave that voltage out"
            )

    def warnings(self) -> list[str]:
        """What the ensembles behind the model were too short for."""
        return [line for index in range(len(self.voltage)) for line in self.doubts(index)]

    def doubts(self, index: int) -> list[str]:
        """What the ensemble at one gate voltage, by its index, was too short for."""
        voltage, lines = self.voltage[index], []
        if self.drift_p_value[index] < FALSE_ALARM:
            parts = ", ".join(f"{1e6 * sigma:.3g}" for sigma in self.sigma_parts[index])
            lines.append(
                f"not in equilibrium at {voltage:g} V: sigma in equal parts of the record is {parts} µS (p of no drift "
                f"{p_text(self.drift_p_value[index])}); lengthen fluctuation.equilibration"
            )
        half = (self.sigma_high[index] - self.sigma_low[index]) / 2 / self.conductance_sigma[index]
        if self.start_bias[index] > LARGEST_BIAS * half:
            lines.append(
                f"too short an equilibration at {voltage:g} V: sigma relaxes in "
                f"{1e9 * self.relaxation_time[index]:.2g} ns, so that the start makes it "
                f"{100 * self.start_bias[index]:.1f} % too small or more (interval: ± {100 * half:.1f} %); lengthen "
                "fluctuation.equilibration"
            )
        if self.effective_samples[index] < FEWEST_SAMPLES:
            lines.append(
                f"only {self.effective_samples[index]:.0f} independent samples at {voltage:g} V: sigma is known to "
                f"{100 * half:.0f} %; lengthen fluctuation.duration"
            )
        if self.convergence[index] > WORST_CONVERGENCE:
            lines.append(
                f"replicas disagree at {voltage:g} V (split R-hat {self.convergence[index]:.2f}); raise "
                "fluctuation.draws, or lengthen fluctuation.equilibration and fluctuation.duration"
            )
        if self.record_p_value[index] < FALSE_ALARM:
            lines.append(
                f"trajectories at {voltage:g} V are not as wide as the states drawn from equilibrium (p of no "
                f"difference {p_text(self.record_p_value[index])}): the time step is too long, or chains have not met "
                "all states"
            )
        if self.memory_misfit[index] > WORST_MISFIT:
            lines.append(
                f"the autocorrelation at {voltage:g} V is up to {self.memory_misfit[index]:.2f} from that of the "
                "sampler: reads a few nanoseconds apart are not as alike as they should be"
            )
        return lines

    def draw(self, rng: np.random.Generator) -> StochasticModel:
        """A model that the ensembles might as well have given: one resample of the replicas at each voltage.

        The shape of the marginal over an integration time above 0 stays that of the fit.

        Raises
        ------
        ValueError
            The voltages are too close for their uncertainty: sigma hardly ever rises in a draw.
        """
        for _ in range(DRAWS):
            # One row: neighbouring gates have states in common.
            row = int(rng.integers(len(self.resampled_sigma)))
            if (np.diff(self.resampled_sigma[row]) > 0).all():
                return self.resample(row)
        raise ValueError(f"sigma rises in none of {DRAWS} draws: the voltages are too close for its uncertainty")

    def resample(self, row: int) -> StochasticModel:
        """The model of one of the resamples of the replicas; see `draw`.

        Raises
        ------
        ValueError
            Sigma does not rise with the voltage in it.
        """
        return replace(
            self,
            conductance_sigma=self.resampled_sigma[row],
            sigma_slope=np.maximum(self.resampled_slope[row], 0.0),
            decay_time=self.resampled_decay_time[row],
            angular_frequency=self.resampled_frequency[row],
            frequency_shift=self.resampled_shift[row],
            variance_function=self.resampled_variance_function[row],
            quantiles=np.concatenate([self.resampled_quantiles[row][:, None], self.quantiles[:, 1:]], axis=1),
        )

    @property
    def scale_std(self) -> float:
        """Relative standard deviation between devices of both mean and sigma of the conductance: that of the area."""
        return 2 * self.diameter_spread

    @property
    def offset_std(self) -> float:
        """Standard deviation between devices of a gate voltage that is added in effect, V.

        That of the anisotropy, and of what the diameter does to std(m·p), by the mean slope of ln sigma.
        """
        slope = np.log(self.conductance_sigma[-1] / self.conductance_sigma[0]) / np.ptp(self.voltage)
        return float(np.hypot(self.anisotropy_offset, self.diameter_response * self.diameter_spread / slope))

    @property
    def voltage_range(self) -> tuple[float, float]:
        """Characterised gate voltages, V."""
        return float(self.voltage[0]), float(self.voltage[-1])

    @property
    def longest_integration(self) -> float:
        """Longest integration time that the record behind the model allows, s."""
        return float(self.integration_time[-1])

    def sigma_range(self, integration_time: float = 0.0, read_voltage: float = 0.0) -> tuple[float, float]:
        """Standard deviations of a read in S that the device offers, from which `voltage_for` leads back to a voltage.

        Those of the gate voltages above the last one at which sigma falls: a read as long as a period of the
        precession averages it out, so that sigma need not rise all along. Of these, the ones that read voltages of
        either sign up to `read_voltage` (V) leave within what was characterised.

        Raises
        ------
        ValueError
            There is no such gate voltage.
        """
        start, end = self._rising(integration_time)
        low, high = self.voltage_range
        reserve = self.read_lever * read_voltage
        start, end = max(start, low + reserve), min(end, high - reserve)
        if not start < end:
            raise ValueError(
                f"read voltage {read_voltage:g} V acts as {reserve:.3g} V at the gate, and leaves no gate voltage of "
                f"{low:g} to {high:g} V, which were characterised; accepted: less, or more voltages"
            )
        sigma = self._width(integration_time)([start, end])
        return float(sigma[0]), float(sigma[-1])

    def interpolate(self, name: str, voltage: ArrayLike) -> np.ndarray:
        """A field that goes over the gate voltage, at gate voltages in V.

        Raises
        ------
        ValueError
            A voltage outside the characterised range.
        """
        values: np.ndarray = self._interpolators[name](self._characterised(voltage))
        return values

    def _characterised(self, voltage: ArrayLike) -> np.ndarray:
        voltage = np.asarray(voltage, dtype=float)
        low, high = self.voltage_range
        if voltage.size and (voltage.min() < low or voltage.max() > high or not np.isfinite(voltage).all()):
            raise ValueError(
                f"gate and read voltage {voltage.min():.6g} to {voltage.max():.6g} V is outside the characterised "
                f"range; accepted: {low:g} to {high:g} V"
            )
        return voltage

    def _between_times(self, values: np.ndarray, integration_time: float) -> np.ndarray:
        """Values (V, times, ...) at an integration time in s: linear between those that were measured.

        Raises
        ------
        ValueError
            The time is not 0 or more, or longer than the record allows.
        """
        if not 0 <= integration_time <= self.longest_integration:
            raise ValueError(
                f"integration time {integration_time:g} s is not within the record of the fluctuation; accepted: 0 to "
                f"{self.longest_integration:.4g} s, half of fluctuation.duration: lengthen that for longer reads"
            )
        after = int(np.searchsorted(self.integration_time[1:-1], integration_time)) + 1
        start, end = self.integration_time[after - 1 : after + 1]
        part = (integration_time - start) / (end - start)
        between: np.ndarray = values[:, after - 1] * (1 - part) + values[:, after] * part
        return between

    def _at_time(self, values: np.ndarray, voltage: ArrayLike, integration_time: float) -> np.ndarray:
        """Values (V, times, ...) at gate voltages in V and an integration time in s: monotone between voltages."""
        curve = PchipInterpolator(self.voltage, self._between_times(values, integration_time))
        return np.asarray(curve(self._characterised(voltage)))

    @cached_property
    def _misfit(self) -> np.ndarray:
        """(V, times), logarithm of the measured variance function over that of the memory."""
        memory = Memory(*(getattr(self, name) for name in Memory._fields))
        modelled = [precession.variance_function(float(time), *memory) for time in self.integration_time]
        return np.asarray(np.log(self.variance_function / np.stack(modelled, axis=-1)))

    def _width(self, integration_time: float) -> CubicHermiteSpline:
        """Standard deviation in S of reads over an integration time in s, as a function of the gate voltage in V."""
        if integration_time == 0:
            return self._interpolators["conductance_sigma"]
        # The frequency moves with the voltage, and with it how much of the precession is averaged out: between the
        # characterised voltages that is more than an interpolation of widths would see.
        nodes = np.arange(len(self.voltage))
        voltage = np.interp(np.arange(GRID * nodes[-1] + 1) / GRID, nodes, self.voltage)
        misfit = self._at_time(self._misfit, voltage, integration_time)
        share = precession.variance_function(integration_time, *self._memory(voltage)) * np.exp(misfit)
        return PchipInterpolator(voltage, self.interpolate("conductance_sigma", voltage) * np.sqrt(share))

    def _rising(self, integration_time: float) -> np.ndarray:
        """Gate voltages in V, the first of them and the last, over which sigma rises to its largest value.

        Raises
        ------
        ValueError
            It is largest at the lowest gate voltage.
        """
        curve = self._width(integration_time)
        sigma = curve(curve.x)
        top = int(sigma.argmax())
        if top == 0:
            raise ValueError(
                f"sigma of reads over {integration_time:g} s is largest at the lowest gate voltage, so that no voltage "
                "widens it; accepted: an integration time over which sigma rises"
            )
        falls = np.flatnonzero(np.diff(sigma[: top + 1]) <= 0)
        return np.asarray(curve.x[[falls[-1] + 1 if falls.size else 0, top]])

    @cached_property
    def _doubt(self) -> np.ndarray:
        """(V, times), relative error of sigma, over that of an instant: by the resamples, in any case the same ones."""
        instant = np.log(self.resampled_sigma)[..., None]
        error = np.std(instant + np.log(self.resampled_variance_function) / 2, axis=0)
        return np.asarray(error / np.maximum(error[:, :1], np.finfo(float).tiny))

    def _memory(self, voltage: ArrayLike) -> Memory:
        return Memory(*(self.interpolate(name, voltage) for name in Memory._fields))

    @cached_property
    def _interpolators(self) -> dict[str, CubicHermiteSpline]:
        # Monotone between the nodes, so that sigma can be inverted.
        curves = {"conductance_sigma": rising_curve(self.voltage, self.conductance_sigma, self.sigma_slope)}
        return curves | {
            name: PchipInterpolator(self.voltage, getattr(self, name))
            for name in (
                "conductance_mean",
                "decay_time",
                "angular_frequency",
                "frequency_shift",
                "largest_deviation",
            )
        }

    def at_gate(self, voltage: ArrayLike, read_voltage: ArrayLike) -> np.ndarray:
        """Gate voltage in V at which no read voltage does what both do, at the gate and over the barrier, V."""
        return np.asarray(np.add(voltage, np.multiply(self.read_lever, read_voltage)))

    def leakage(self, voltage: ArrayLike) -> np.ndarray:
        """Current in A through the gate at gate voltages in V, without sign."""
        # It spans orders of magnitude; some gates do not conduct at all.
        exponent = PchipInterpolator(self.voltage, np.log(np.maximum(self.gate_conductance, np.finfo(float).tiny)))
        return np.asarray(np.abs(voltage) * np.exp(exponent(self._characterised(voltage))))

    def mean(self, voltage: ArrayLike) -> np.ndarray:
        """Mean conductance in S at gate voltages in V."""
        return self.interpolate("conductance_mean", voltage)

    def sigma(self, voltage: ArrayLike, integration_time: float = 0.0, *, read_voltage: ArrayLike = 0.0) -> Estimate:
        """Standard deviation of a read in S with its 95 % interval.

        Parameters
        ----------
        voltage, read_voltage
            Gate and read voltage, V.
        integration_time
            Over which a read averages the conductance, s; 0 is the instant.

        Raises
        ------
        ValueError
            A voltage outside the characterised range, or a time beyond `longest_integration`.
        """
        total = self.at_gate(voltage, read_voltage)
        value = self._width(integration_time)(self._characterised(total))
        # The interval of an instant, as much wider as the resamples say.
        wider = self._at_time(self._doubt, total, integration_time)
        low, high = (value + wider * value * curve(total) for curve in self._margins)
        return Estimate(value, np.maximum(low, 0.0), high)

    @cached_property
    def _margins(self) -> tuple[PchipInterpolator, PchipInterpolator]:
        """Ends of the interval of sigma over sigma, less 1."""
        ends = self.sigma_low, self.sigma_high
        low, high = (PchipInterpolator(self.voltage, end / self.conductance_sigma - 1) for end in ends)
        return low, high

    def sensitivities(self) -> dict[str, Estimate]:
        """Change of ln sigma with ln of each of `PARAMETERS` at the gate voltages (V,), with 95 % intervals.

        One parameter of the cells changes, and all others stay: `device.bare` says how those of the film enter them.
        Empty where no energies were drawn.
        """
        margins = norm.ppf(0.975) * self.sensitivity_error
        return {
            name: Estimate(value, value - margin, value + margin)
            for name, value, margin in zip(PARAMETERS, self.sensitivity, margins, strict=False)
        }

    def memory(self, voltage: ArrayLike) -> Memory:
        """Parameters of the autocorrelation at gate voltages in V, each an `Estimate` with its 95 % bootstrap interval.

        See `magbayes.compact_models.precession`.
        """
        drawn = (self.resampled_decay_time, self.resampled_frequency, self.resampled_shift)

        def estimate(name: str, values: np.ndarray) -> Estimate:
            ends = np.quantile(values, [0.025, 0.975], axis=0)
            return Estimate(
                self.interpolate(name, voltage), *(PchipInterpolator(self.voltage, e)(voltage) for e in ends)
            )

        return Memory(*(estimate(name, values) for name, values in zip(Memory._fields, drawn, strict=True)))

    def autocorrelation(self, voltage: ArrayLike, lag: float, integration_time: float = 0.0) -> np.ndarray:
        """Correlation at gate voltages in V between the normal scores of two reads that begin `lag` seconds apart."""
        return precession.read_autocorrelation(lag, integration_time, *self._memory(voltage))

    def excess_kurtosis_at(self, voltage: ArrayLike, integration_time: float = 0.0) -> np.ndarray:
        """Excess kurtosis of a read at gate voltages in V: linear between those characterised."""
        kurtosis = self._between_times(self.excess_kurtosis, integration_time)
        return np.asarray(np.interp(np.asarray(voltage, dtype=float), self.voltage, kurtosis))

    def voltage_for(
        self, sigma: ArrayLike, integration_time: float = 0.0, *, read_voltage: ArrayLike = 0.0
    ) -> np.ndarray:
        """Gate voltage in V for a standard deviation in S under a read voltage in V; the inverse of `sigma`.

        Raises
        ------
        ValueError
            A standard deviation outside `sigma_range`.
        """
        sigma = np.asarray(sigma, dtype=float)
        low, high = self.sigma_range(integration_time)
        slack = 1e-9 * high  # rounding of the caller's arithmetic at the ends of the range
        if sigma.size and not (low - slack <= sigma.min() and sigma.max() <= high + slack):
            raise ValueError(
                f"sigma {sigma.min():.6g} to {sigma.max():.6g} S is outside what the device offers; "
                f"accepted: {low:.6g} to {high:.6g} S"
            )
        curve = self._width(integration_time)
        ends = tuple(np.full(sigma.shape, end) for end in self._rising(integration_time))
        target = np.clip(sigma, curve(ends[0]), curve(ends[1]))
        root = elementwise.find_root(lambda v, t: curve(v) - t, ends, args=(target,))
        return np.asarray(root.x - self.at_gate(0.0, read_voltage))

    def at(
        self,
        voltage: ArrayLike,
        interval: float,
        integration_time: float = 0.0,
        *,
        read_voltage: ArrayLike = 0.0,
    ) -> Reads:
        """Devices under gate and read voltages in V (of any shape), read every `interval` over `integration_time` (s).

        Raises
        ------
        ValueError
            A voltage outside the characterised range, a time beyond `longest_integration`, or reads that overlap.
        """
        voltage = self._characterised(self.at_gate(voltage, read_voltage))
        if not 0 < interval < np.inf:
            raise ValueError(f"interval {interval} s must be above 0 and finite")
        sigma = self._width(integration_time)(voltage)
        start_value, slope, bends = pieces(self._at_time(self.quantiles, voltage, integration_time))
        if interval < integration_time:
            raise ValueError(
                f"interval {interval:g} s is shorter than the integration time, {integration_time:g} s: reads overlap"
            )
        # Between voltages that are much closer than those characterised, partial correlations are interpolated.
        grid = np.unique(np.linspace(voltage.min(), voltage.max(), GRID * len(self.voltage)))
        lags = interval * np.arange(1, autoregression.LAGS + 1)[:, None]
        correlation = precession.read_autocorrelation(lags, integration_time, *self._memory(grid))
        partials = autoregression.memory(np.concatenate([np.ones((1, len(grid))), correlation]))
        weights, widths = autoregression.predictors(_along(grid, partials, voltage))
        as_array = lambda value: jnp.asarray(value, jnp.result_type(float))  # noqa: E731
        return Reads(
            mean=as_array(self.interpolate("conductance_mean", voltage)),
            sigma=as_array(sigma),
            weights=as_array(weights),
            widths=as_array(widths),
            start_value=as_array(start_value),
            slope=as_array(slope),
            bends=as_array(bends),
            bound=as_array(self.interpolate("largest_deviation", voltage) / sigma),
            independent=jnp.asarray(np.abs(partials).max(initial=0.0) < INDEPENDENT),
        )

    def sample(
        self,
        key: RandomKey,
        voltage: ArrayLike,
        interval: float,
        shape: tuple[int, ...],
        integration_time: float = 0.0,
        *,
        read_voltage: ArrayLike = 0.0,
    ) -> AnyShape:
        """Conductances in S of `shape`: ``shape[0]`` successive reads over `integration_time`, `interval` apart (s).

        `voltage` and `read_voltage` in V broadcast to ``shape[1:]``, every element of which is a device of its own.
        """
        voltage = np.broadcast_to(self.at_gate(voltage, read_voltage), shape[1:])
        reads = self.at(voltage, interval, integration_time)
        if reads.independent:
            fresh: jax.Array = reads.afresh(key, shape)
            return fresh
        keys = jax.random.split(key, shape[0])
        state = reads.start(keys[0], shape[1:])
        _, following = jax.lax.scan(lambda s, k: reads.advance(k, s), state, keys[1:])
        return jnp.concatenate([reads.conductance(state)[None], following])


def rising_curve(at: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> CubicHermiteSpline:
    """Cubic pieces through rising values (V,) at `at` with their slopes, or with the steepest that keep it rising.

    F. N. Fritsch and R. E. Carlson, SIAM J. Numer. Anal. 17, 238 (1980).
    """
    secants = np.diff(values) / np.diff(at)
    steepest = 3 * np.minimum(np.append(secants, np.inf), np.insert(secants, 0, np.inf))
    return CubicHermiteSpline(at, values, np.clip(slopes, 0, steepest))


def _along(grid: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Values (n,) + S interpolated linearly at points S, from values (n, grid)."""
    return np.stack([np.interp(at, grid, row) for row in values])
