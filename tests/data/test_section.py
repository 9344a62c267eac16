"""Sections take no truth value for a number, wherever it stands, and refuse one key by its path."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from magbayes.data.section import Section, refusal


class Plain(BaseModel):
    number: float = 1.0


class Mine(Section):
    number: float = 1.0
    numbers: tuple[int, ...] = ()
    maybe: float | None = None
    truth: bool = False
    anything: dict[str, Any] | None = None


@pytest.mark.parametrize("values", [{"number": True}, {"numbers": [1, False]}, {"maybe": True}])
def test_a_truth_value_is_no_number(values):
    with pytest.raises(ValidationError) as caught:
        Mine(**values)
    (error,) = caught.value.errors()
    assert error["type"] == "truth"
    assert error["loc"] == tuple(values)


def test_what_takes_truth_values_takes_them():
    assert Mine(truth=True, anything={"a": [True]}, maybe=None).truth
    assert Plain(number=True).number == 1.0  # control: what Pydantic makes of it by itself


def test_a_refusal_names_its_key():
    with pytest.raises(ValidationError) as caught:
        raise refusal(("a", "b"), "3 {x} is too much")
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"], error["msg"]) == ("refused", ("a", "b"), "3 {x} is too much")
