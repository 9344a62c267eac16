"""The costs of peripheral circuits, each with its source: ``data/peripherals``."""

from __future__ import annotations

from pydantic import Field

from magbayes.data import cited
from magbayes.data.section import Section


class Coefficient(Section):
    """One number with where it comes from."""

    value: float = Field(gt=0)
    unit: str
    source: str
    year: int
    node: str
    checked: bool
    note: str


class CostTable(Section):
    """The coefficients of a table in ``data/peripherals``; the table itself explains them."""

    adc_energy_per_code: Coefficient
    adc_time: Coefficient
    adc_area: Coefficient
    dac_area: Coefficient
    shift_add_area: Coefficient
    dac_unit_capacitance: Coefficient
    supply_voltage: Coefficient
    wire_capacitance: Coefficient
    cell_pitch: Coefficient
    hold_capacitance: Coefficient
    hold_leakage: Coefficient
    hold_droop: Coefficient
    hold_write_time: Coefficient
    integer_add: Coefficient
    integer_multiply: Coefficient
    float_add: Coefficient
    float_multiply: Coefficient
    float_divide: Coefficient
    table_load: Coefficient
    byte_load: Coefficient
    gaussian_65nm: Coefficient
    gaussian_22nm: Coefficient
    gaussian_65nm_lowest: Coefficient


def load_table(name: str) -> CostTable:
    """Return the table ``data/peripherals/<name>.yaml``, checked.

    Raises
    ------
    ValueError
        There is no such table, or one of its entries is wrong.
    """
    return cited.load_as(CostTable, "peripherals", name)
