"""What all sections of the configuration that this package owns have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError


def refusal(path: Sequence[str], message: str) -> ValidationError:
    """An error on one key below a model, for its validators to raise; Pydantic's type of it is `refused`."""
    error = PydanticCustomError("refused", "{message}", {"message": message})
    return ValidationError.from_exception_data("", [InitErrorDetails(type=error, loc=tuple(path), input=None)])


def _takes_truth(annotation: Any) -> bool:
    """Whether a field of this type holds true and false, itself or in a list."""
    return annotation in (bool, Any) or any(map(_takes_truth, get_args(annotation)))


def _holds_truth(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, list | tuple | set) and any(map(_holds_truth, value)))


class Section(BaseModel):
    """No key that is not known, no change once it is made, finite numbers only, and no truth value for a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_another_value(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse what Pydantic would count as 0 and 1: true and false, and so yes, no, on and off in YAML."""
        if _holds_truth(value) and not _takes_truth(cls.model_fields[str(info.field_name)].annotation):
            raise PydanticCustomError("truth", "yes, no, on, off, true and false are no numbers, and text needs quotes")
        return value
