"""Annotations checked at run time: jaxtyping's import hook takes `check` for the packages in `PACKAGES`.

What cannot be checked then is left to mypy: names that are imported for type checkers only, classes that are not yet
defined, and Protocols, whose properties would be computed by the check.
"""

import sys
from typing import Any, get_args, get_origin

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

PACKAGES = ["magbayes.compact_models", "magbayes.data.normals", "magbayes.micromag.llg", "magbayes.system.array"]

# An int is a float, as for other type checkers.
_beartype = beartype(conf=BeartypeConf(is_pep484_tower=True))


def _uncheckable(hint):
    kind = get_origin(hint) or hint
    protocol = getattr(kind, "_is_protocol", False) and not getattr(kind, "_is_runtime_protocol", False)
    return protocol or any(_uncheckable(part) for part in get_args(hint))


def _resolved(hint, names):
    if isinstance(hint, str):
        try:
            hint = eval(hint, names)
        except NameError:
            return Any
    return Any if _uncheckable(hint) else hint


def check(function):
    """The function with a check of each call, of arguments and result."""
    names = vars(sys.modules[function.__module__])
    function.__annotations__ = {key: _resolved(hint, names) for key, hint in function.__annotations__.items()}
    return _beartype(function)


def install():
    """Check from here on; modules that were imported before are not checked."""
    return install_import_hook(PACKAGES, "tests.checking.check")
