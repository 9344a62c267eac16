"""Functions of a configuration, worked out once for all points of a study that agree in what these functions read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from magbayes.workflow.configuration import Configuration

P = ParamSpec("P")
T = TypeVar("T")

MOST = 64
"""Results that are kept of one function: what is read of it may take as many values in turn."""


class Reading:
    """Stands in for a configuration, and notes which of its sections are read."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.sections: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        """Return a section, which is noted, or a method that reads through here, too."""
        value = getattr(self._configuration, name)
        if name in type(self._configuration).model_fields:
            self.sections[name] = value
            return value
        return MethodType(value.__func__, self)


def _mark(value: Any) -> Any:
    """What tells a plain value from others, or one section: equal sections need not be one, and then do not count."""
    return value if isinstance(value, int | float | str) else id(value)


def once(
    function: Callable[Concatenate[Configuration, P], T],
) -> Callable[Concatenate[Configuration, P], T]:
    """Remember what a function of a configuration returned, for others that share the sections which it read.

    The function has to depend on nothing else but its arguments, which are told apart by their texts, and nobody may
    change what it returns. An error is not remembered. That sections are shared is up to
    `magbayes.workflow.studies.study.Configurations`.
    """
    kept: dict[tuple[str, ...], dict[Any, tuple[dict[str, Any], T]]] = defaultdict(dict)
    """Sections, which live as long so that no other has their marks, and results, by what was read and by the marks."""

    @wraps(function)
    def remembered(configuration: Configuration, /, *args: P.args, **kwargs: P.kwargs) -> T:
        arguments = repr((args, kwargs))
        for names, results in kept.items():
            marks = (arguments, *(_mark(getattr(configuration, name)) for name in names))
            if marks in results:
                return results[marks][1]
        reading = Reading(configuration)
        result = function(cast("Configuration", reading), *args, **kwargs)
        sections = reading.sections
        results = kept[tuple(sections)]
        if len(results) >= MOST:
            del results[next(iter(results))]
        results[(arguments, *map(_mark, sections.values()))] = (sections, result)
        return result

    return remembered
