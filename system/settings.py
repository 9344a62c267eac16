"""The configuration of the accelerator and of its evaluation: fields with units, bounds and defaults."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field, PositiveFloat, field_serializer, field_validator, model_validator

from magbayes.data.section import Section
from magbayes.system.network.reads import Percentile, Reads, ReadTime, ReadVoltage

Imperfection = Literal[
    "levels",
    "level_spread",
    "jitter",
    "stuck",
    "drift",
    "temperature",
    "wires",
    "sigma_spread",
    "input_voltage",
    "tmr",
    "settling",
    "mismatch",
    "dac",
    "thermal",
    "amplifier",
    "adc_noise",
    "adc",
    "reads",
    "noise",
]

Spread = Literal["offset", "scale", "levels", "mirrors", "converters"]

SPREADS: tuple[Spread, ...] = ("offset", "scale", "levels", "mirrors", "converters")
"""What differs from chip to chip: of the stochastic MTJs, of the domain-wall MTJs, of the circuits around them."""

SOURCES: tuple[Imperfection, ...] = ("noise", "jitter", "thermal", "amplifier", "adc_noise")
"""Sources of noise in a read, by the imperfections that they are: the stochastic MTJs' own first."""

_LOST_BITS = 0.67
"""By what the effective bits of an ADC fall short of its bits: 8 bit with an SNDR of 45.9 dB, which are 7.33 (J.-C.
Wang, T.-H. Kuo, ISSCC 2023, doi:10.1109/ISSCC42615.2023.10067498, as listed in Murmann's ADC survey)."""


class Reading(NamedTuple):
    """What the electrical noise of a read depends on beside the devices.

    Attributes
    ----------
    time
        Integration time, s.
    voltage, acting
        Of a full-scale input, and what of it acts on sigma, V.
    rows
        Of a tile.
    temperature
        In use, K; None: that of the device models.
    thermal
        Whether junctions have Johnson and shot noise.
    amplifier_noise
        Input voltage noise of the columns' amplifiers, V/sqrt(Hz); 0 where they have none.
    slices
        Pairs of domain-wall MTJs that hold a mean.
    leave_out
        Whether cells may be without stochastic MTJs.
    meeting
        Devices of a pair that hang on one column line: 2 where they are driven with opposite voltages.
    """

    time: float
    voltage: float
    acting: float
    rows: int
    temperature: float | None
    thermal: bool
    amplifier_noise: float
    slices: int = 1
    leave_out: bool = False
    meeting: int = 1


class AcceleratorSettings(Section):
    """The section `accelerator`: array, converters, sampling, and the table of peripheral costs."""

    rows: int = Field(default=64, ge=1, le=4096, description="rows of a tile, each with its DAC")
    columns: int = Field(default=32, ge=1, le=4096, description="weight columns of a tile, each with its ADC")
    read_voltage: ReadVoltage = Field(default=0.1, description="voltage of a full-scale input, V")
    read_time: ReadTime = Field(
        default=1e-9,
        description="integration time: a read averages the conductances over it, and keeps the cells biased, s",
    )
    quiet_read_time: float | None = Field(
        default=1e-8,
        ge=1e-12,
        le=1e-6,
        description=(
            "longest integration time of a layer from which leave_out takes all stochastic MTJs off, s; it is read "
            "until its circuits are as quiet as its posterior, within sample_interval; null: read_time"
        ),
    )
    slices: int = Field(
        default=2,
        ge=1,
        le=3,
        description="pairs of domain-wall MTJs that hold a mean; with n levels each has a gain of 1/n of that before",
    )
    leave_out: bool = Field(
        default=True,
        description=(
            "a switch in each cell takes its stochastic MTJs off their lines where a weight is to have no std, by a "
            "bit of memory beside it; false: every weight fluctuates"
        ),
    )
    target_noise: Literal["measured", "nominal"] = Field(
        default="measured",
        description=(
            "what training inputs show that a chip's circuits add to a regression is taken off the variance of its "
            "outputs, and what its means are off by is added to the noise of the targets; or nominal: outputs are as "
            "they are, and that noise is the posterior's own"
        ),
    )
    pair_drive: Literal["opposite", "alike"] = Field(
        default="opposite",
        description="row voltages of the two devices of a pair: opposite, so that their currents add, and what a read "
        "voltage does to the sigma of one it undoes in the other to first order; or alike, and a mirror subtracts them",
    )
    inputs: Literal["amplitude", "bit_serial"] = Field(
        default="amplitude",
        description="an input is one voltage, or its bits follow each other as reads of 0 or the full voltage",
    )
    dac_bits: int = Field(default=8, ge=2, le=16, description="resolution of the inputs, bits, sign included")
    adc_bits: int = Field(default=8, ge=2, le=16, description="resolution of the column ADC, bits, sign included")
    adc_effective_bits: float | None = Field(
        default=None,
        ge=2,
        le=16,
        description=(
            "effective bits of the column ADC, by which rounding and noise together have the power of its SNDR: "
            "6.02 bits + 1.76 dB of a full-scale sine; null: 0.67 less than adc_bits (7.33 of 8, ISSCC 2023)"
        ),
    )
    range_percentile: Percentile = Field(
        default=99.9,
        description="a converter's full scale is this percentile of what it sees during calibration, %",
    )
    samples: int = Field(default=100, ge=1, le=100_000, description="stochastic passes in one prediction")
    sample_interval: PositiveFloat = Field(
        default=20e-9,
        le=1e-3,
        description="time between successive reads of a device, s; short against its memory correlates",
    )
    sampling: Literal["auto", "devices", "columns"] = Field(
        default="auto",
        description=(
            "what is drawn: every device with its memory, or the sum of a column, which needs independent, "
            "nearly Gaussian reads; auto: columns where sampling_tolerance allows it"
        ),
    )
    sampling_tolerance: float = Field(
        default=0.01,
        gt=0,
        le=0.2,
        description=(
            "largest correlation between successive reads, and largest distance of a column's distribution function "
            "from a Gaussian's, with which columns may be drawn"
        ),
    )
    tmr_half_voltage: float | None = Field(
        default=None,
        ge=0.05,
        le=100,
        description=(
            "voltage over a junction at which its TMR is half of that at 0 V, which goes by 1 / (1 + (V / this)^2), V; "
            "null: that of data/junctions/bias.yaml, 0.5, an assumption, 0.3 to 0.8"
        ),
    )
    predistortion: bool = Field(
        default=True,
        description=(
            "steps of the DACs are such that, in spite of the fall of TMR, currents of a pair are in proportion to "
            "codes; false: voltages are"
        ),
    )
    wire: str = Field(default="copper", description="metal and cross-section of a tile's lines, data/wires/<name>.yaml")
    wire_resistance: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description=(
            "resistance of a line between two cells along a column, Ohm, along a row in proportion to the width of a "
            "cell; null: that of `wire`"
        ),
    )
    terminal_resistance: float = Field(
        default=1.0,
        ge=0,
        le=1e4,
        description=(
            "resistance of a row's driver, and of a column's amplifier, for steady currents, in feedback, Ohm; an "
            "assumption, 0.1 to 10"
        ),
    )
    driver_resistance: float = Field(
        default=100.0,
        ge=0,
        le=1e6,
        description=(
            "resistance through which a row's wire is charged, and that of a column's amplifier as it takes the charge "
            "of its wire, Ohm; an assumption, 10 to 1000"
        ),
    )
    amplifier_noise: float = Field(
        default=1e-9,
        ge=0,
        le=1e-6,
        description=(
            "input voltage noise of a column's amplifier, V/sqrt(Hz), as of a transistor of 17 mS (4 kT / gm); an "
            "assumption, 0.5e-9 to 4e-9"
        ),
    )
    integrator_swing: float = Field(
        default=0.5,
        gt=0,
        le=5,
        description=(
            "voltage of a column's integrator when its current is the ADC's full scale all through a read, which fixes "
            "the capacitor and its kT/C noise, V; an assumption, 0.2 to 1"
        ),
    )
    mirror_spread: float = Field(
        default=0.01,
        ge=0,
        le=0.2,
        description="relative std of the gain of a sigma column's current mirror; an assumption, 0.003 to 0.03",
    )
    dac_spread: float = Field(
        default=0.005,
        ge=0,
        le=0.2,
        description="relative std of the gain of a row's DAC; an assumption, 0.002 to 0.02",
    )
    adc_spread: float = Field(
        default=0.005,
        ge=0,
        le=0.2,
        description="relative std of the gain of a column's ADC; an assumption, 0.002 to 0.02",
    )
    adc_offset: float = Field(
        default=0.5,
        ge=0,
        le=100,
        description="std of the offset of a column's ADC, codes; an assumption, 0.2 to 2",
    )
    spread_factor: float = Field(
        default=1.0,
        ge=0,
        le=20,
        description="factor of the standard deviations that spread_of names: how much worse, or better, all is made",
    )
    spread_of: tuple[Spread, ...] = Field(
        default=SPREADS,
        min_length=1,
        description=(
            "what spread_factor is of: offset (of the gate voltages) and scale (of the conductances) of the stochastic "
            "MTJs, levels (of the domain-wall MTJs), mirrors, converters (gains of DACs and ADCs, offsets)"
        ),
    )
    zero_reads: int = Field(
        default=1000,
        ge=0,
        le=10**6,
        description=(
            "reads without an input from which the offset of each ADC is known and subtracted digitally, before use; "
            "0: it stays"
        ),
    )
    writing: Literal["in_the_loop", "measured", "nominal"] = Field(
        default="measured",
        description=(
            "levels are chosen, and gate voltages of the stochastic MTJs set, by what each device shows (measured), or "
            "by the mean of all devices (nominal); in_the_loop: as measured, and levels once more, layer after layer, "
            "by what columns show under calibration inputs, with a digital gain and offset a column"
        ),
    )
    loop_passes: int = Field(
        default=100,
        ge=2,
        le=100_000,
        description="passes over the calibration inputs, twice a layer, by which layers are written in the loop",
    )
    trim_reads: int = Field(
        default=1000,
        ge=10,
        le=10**9,
        description="reads of a stochastic MTJ from which its sigma is known when its gate voltage is set",
    )
    stuck_low: float = Field(default=0.0, ge=0, le=0.5, description="share of domain-wall MTJs stuck at level 0")
    stuck_high: float = Field(default=0.0, ge=0, le=0.5, description="share of those stuck at the last level")
    rest: float = Field(default=0.0, ge=0, le=1e10, description="time from writing to use, in which walls drift, s")
    refresh_interval: float | None = Field(
        default=None,
        gt=0,
        le=1e12,
        description="time after which all weights are written anew, whose energy predictions pay, s; null: never",
    )
    predictions_per_write: float = Field(
        default=1e6, ge=1, le=1e18, description="predictions that share what writing all weights once takes"
    )
    temperature: PositiveFloat | None = Field(
        default=None,
        description="temperature in use, K; null: that of the compact models, at which weights are written",
    )
    mirror_min: PositiveFloat = Field(
        default=0.02, description="smallest gain of the current mirror of the sigma columns"
    )
    mirror_max: PositiveFloat = Field(
        default=50.0, description="largest gain of the current mirror of the sigma columns"
    )
    cost_table: str = Field(default="cmos", description="table of peripheral costs, data/peripherals/<name>.yaml")
    ideal: frozenset[Imperfection] = Field(
        default=frozenset(),
        description=(
            "imperfections switched off: levels (quantised means), level_spread (between devices), jitter (thermal "
            "noise of walls at rest), stuck, drift, temperature, wires, sigma_spread (between devices), input_voltage "
            "(acting on sigma), tmr (falling with the voltage), settling (of rows and columns), mismatch (of mirrors "
            "and converters), dac, thermal (Johnson and shot noise), amplifier (noise of columns' amplifiers), "
            "adc_noise, adc, reads (correlated, non-Gaussian noise becomes white and Gaussian), noise (sigma is 0)"
        ),
    )

    def spread(self, of: Spread) -> float:
        """Return the factor of what differs from chip to chip."""
        return self.spread_factor if of in self.spread_of else 1.0

    @field_serializer("ideal", when_used="json")
    def _sorted(self, ideal: frozenset[Imperfection]) -> list[Imperfection]:
        """Give the names in one order: a set has another in each process, and files are named by a hash of it."""
        return sorted(ideal)

    @property
    def drifting(self) -> float:
        """Time from the last writing to use, s."""
        return self.rest if self.refresh_interval is None else min(self.rest, self.refresh_interval)

    @property
    def opposite(self) -> bool:
        """Whether the devices of a pair have a row line each, and meet on a column line."""
        return self.pair_drive == "opposite"

    @property
    def in_the_loop(self) -> bool:
        """Whether layers are measured and written anew."""
        return self.writing == "in_the_loop"

    @property
    def shows_devices(self) -> bool:
        """Whether writing knows what each device shows."""
        return self.writing != "nominal"

    @property
    def cell_width(self) -> float:
        """Extent of a cell along its row, in that of one with a single slice: pairs lie beside each other."""
        return (1 + self.slices) / 2

    @property
    def effective_bits(self) -> float:
        """Effective bits of the column ADC."""
        return self.adc_bits - _LOST_BITS if self.adc_effective_bits is None else self.adc_effective_bits

    @property
    def bends_codes(self) -> bool:
        """Whether codes pass through a table before the DACs, which makes up for the fall of TMR."""
        return self.predistortion and self.inputs == "amplitude" and "tmr" not in self.ideal

    @property
    def acting_voltage(self) -> float:
        """Voltage of a full-scale input as far as it acts on the stochastic MTJs, V."""
        return 0.0 if "input_voltage" in self.ideal else self.read_voltage

    def held_voltages(self, low: float, high: float, lever: float) -> tuple[float, float]:
        """Gate voltages that a device may be held at, of those characterised, V: the rest is what reads add to them.

        Parameters
        ----------
        lever
            Gate voltage that acts as one volt of read voltage does.
        """
        reserve = lever * self.acting_voltage
        return low + reserve, high - reserve

    @property
    def reading(self) -> Reading:
        """What the electrical noise of a read depends on."""
        return Reading(
            self.read_time,
            self.read_voltage,
            self.acting_voltage,
            self.rows,
            None if "temperature" in self.ideal else self.temperature,
            "thermal" not in self.ideal,
            0.0 if "amplifier" in self.ideal else self.amplifier_noise,
            self.slices,
            self.leave_out,
            2 if self.opposite else 1,
        )

    def read_as(self, reads: Reads) -> AcceleratorSettings:
        """Return the same array as one network is read."""
        return self.model_copy(update=reads.given) if reads.given else self

    def quieter(self, times: float) -> AcceleratorSettings:
        """Return how a layer is read in which no weight fluctuates: so many times as long if that is allowed."""
        most = min(self.quiet_read_time or self.read_time, self.sample_interval)
        return self.model_copy(update={"read_time": max(self.read_time, min(times * self.read_time, most))})

    @property
    def absent(self) -> frozenset[Imperfection]:
        """Imperfections that a chip with these settings does not have anyway."""
        present: dict[Imperfection, bool] = {
            "stuck": self.stuck_low + self.stuck_high > 0,
            "drift": self.drifting > 0,
            "temperature": self.temperature is not None,
            "wires": self.wire_resistance != 0 or self.terminal_resistance > 0,
            # What DACs make up for leaves but a little more noise.
            "tmr": not self.predistortion,
            "settling": self.driver_resistance > 0 or self.wire_resistance != 0,
            "mismatch": self.mirror_spread + self.dac_spread + self.adc_spread + self.adc_offset > 0,
        }
        return frozenset(name for name, here in present.items() if not here)

    @field_validator("spread_of")
    @classmethod
    def _in_order(cls, values: tuple[Spread, ...]) -> tuple[Spread, ...]:
        """Names once and in one order, so that equal settings have equal files."""
        return tuple(name for name in SPREADS if name in values)

    @model_validator(mode="after")
    def _consistent(self) -> AcceleratorSettings:
        if self.mirror_min >= self.mirror_max:
            raise ValueError(f"mirror_min = {self.mirror_min} must lie below mirror_max = {self.mirror_max}")
        if self.stuck_low + self.stuck_high > 0.5:
            raise ValueError(
                f"stuck_low = {self.stuck_low} and stuck_high = {self.stuck_high} must be at most 0.5 together"
            )
        if self.read_time > self.sample_interval:
            raise ValueError(
                f"read_time = {self.read_time} s must not exceed sample_interval = {self.sample_interval} s"
            )
        if self.effective_bits > self.adc_bits:
            raise ValueError(
                f"adc_effective_bits = {self.adc_effective_bits} must be at most adc_bits = {self.adc_bits}"
            )
        return self
