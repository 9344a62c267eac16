"""The costs of peripheral circuits, each with its source and range: ``data/peripherals``."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field, PositiveFloat, model_validator

from magbayes.data import cited
from magbayes.data.section import Section
from magbayes.system.cost.scaling import area_factor, energy_factor


class Coefficient(Section):
    """One number with its range and where it comes from."""

    value: float = Field(gt=0)
    low: float = Field(default=0.0, ge=0, description="lower end of the range; without it the number is exact")
    high: float = Field(default=0.0, ge=0)
    unit: str
    source: str
    year: int
    node: PositiveFloat | None = Field(default=None, description="technology it was published for, m")
    voltage: PositiveFloat | None = Field(default=None, description="supply it was published for, V")
    scaling: Literal["none", "energy", "area"] = "none"
    checked: bool
    note: str

    @model_validator(mode="before")
    @classmethod
    def _exact(cls, values: object) -> object:
        if isinstance(values, dict) and not {"low", "high"} & values.keys() and "value" in values:
            return values | {"low": values["value"], "high": values["value"]}
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Coefficient:
        if not 0 < self.low <= self.value <= self.high:
            raise ValueError(f"value {self.value:g} must lie within low {self.low:g} and high {self.high:g}, above 0")
        if self.scaling != "none" and None in (self.node, self.voltage):
            raise ValueError(f"scaling {self.scaling} needs the node and the voltage it was published for")
        return self

    def at(self, node: float, voltage: float) -> Coefficient:
        """Return this coefficient at another node (m) and voltage (V), where it scales at all."""
        if self.scaling == "none" or self.node is None or self.voltage is None:
            return self
        if self.scaling == "energy":
            factor = energy_factor(self.node, self.voltage, node, voltage)
        else:
            factor = area_factor(self.node, node)
        changed = {
            "value": self.value * factor.value,
            "low": self.low * factor.low,
            "high": self.high * factor.high,
            "node": node,
            "voltage": voltage,
        }
        return self.model_copy(update=changed)


class CostTable(Section):
    """The coefficients of a table in ``data/peripherals``; the table itself explains them."""

    node: PositiveFloat = Field(description="technology that all coefficients are brought to, m")
    supply_voltage: Coefficient
    wire_capacitance: Coefficient
    cell_pitch: Coefficient
    dac_energy: Coefficient
    row_driver_energy: Coefficient
    driver_headroom: Coefficient
    summing_energy: Coefficient
    dac_area: Coefficient
    row_driver_area: Coefficient
    shift_add_area: Coefficient
    hold_capacitance: Coefficient
    hold_leakage: Coefficient
    hold_droop: Coefficient
    hold_write_time: Coefficient
    gate_leak_factor: Coefficient
    integer_add: Coefficient
    integer_multiply: Coefficient
    float_add: Coefficient
    float_multiply: Coefficient
    float_divide: Coefficient
    memory_energy: Coefficient
    bus_energy: Coefficient
    control_share: Coefficient
    leakage_density: Coefficient
    sram_area: Coefficient
    cim_mac_energy: Coefficient
    cim_dac_energy: Coefficient
    cim_adc_energy: Coefficient
    cim_control_energy: Coefficient
    cim_weight_area: Coefficient
    gaussian_65nm: Coefficient
    gaussian_22nm: Coefficient
    gaussian_65nm_lowest: Coefficient

    def at(self, node: float, voltage: float) -> CostTable:
        """Return this table for another node (m) and supply (V)."""
        supply = self.supply_voltage.model_copy(update={"value": voltage, "low": voltage, "high": voltage})
        scaled = {name: one.at(node, voltage) for name, one in self.coefficients().items()}
        return self.model_copy(update=scaled | {"node": node, "supply_voltage": supply})

    def coefficients(self) -> dict[str, Coefficient]:
        """Return the coefficients by name."""
        return {name: one for name, one in vars(self).items() if isinstance(one, Coefficient)}


@cache  # a study asks for it at each of its points
def load_table(name: str) -> CostTable:
    """Return the table ``data/peripherals/<name>.yaml``, checked, with all coefficients at its own node and voltage.

    Raises
    ------
    ValueError
        There is no such table, or one of its entries is wrong.
    """
    table = published_table(name)
    node, voltage = table.node, table.supply_voltage.value
    scaled = {key: one.at(node, voltage) for key, one in table.coefficients().items()}
    return table.model_copy(update=scaled)


def published_table(name: str) -> CostTable:
    """Return the table as it is written: every coefficient for the node and voltage it was published for.

    Raises
    ------
    ValueError
        There is no such table, or one of its entries is wrong.
    """
    return cited.load_as(CostTable, "peripherals", name)
