"""A docstring or a description means something alone, in an editor or in a file: it has a noun of its own."""

import ast
import re

import pytest

from tests.imports import ROOT, modules

DOCSTRING = re.compile(r"(Of|Its|The same|See|Along|That of) ")
DESCRIPTION = re.compile(r"(of|its|the same) |.*\bof the same\b", re.IGNORECASE)
DESCRIBED = {"Quantity", "Column", "Field"}
"""Calls that say in words what a dataset, a column or a key is."""


def docstrings(tree):
    """Docstrings of modules, classes, functions and names alike: all strings that stand alone."""
    alone = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return [value.value for value in alone if isinstance(value, ast.Constant) and isinstance(value.value, str)]


def descriptions(tree):
    """Texts among the arguments of the calls in `DESCRIBED`."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    calls = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in DESCRIBED]
    values = [value for call in calls for value in (*call.args, *(keyword.value for keyword in call.keywords))]
    texts = [value.values[0] if isinstance(value, ast.JoinedStr) else value for value in values]
    return [text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)]


def faults(source):
    """Docstrings and descriptions of a module that need their neighbours to be understood."""
    tree = ast.parse(source)
    alone = [text for text in docstrings(tree) if DOCSTRING.match(text)]
    return alone + [text for text in descriptions(tree) if DESCRIPTION.match(text)]


@pytest.mark.parametrize("path", modules().values(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_said_of_a_thing_stands_alone(path):
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'def energy():\n    """Of the pulses, J."""',
        'class Model:\n    temperature: float\n    """Of this model, K."""',
        'LIMIT = 1\n"""The same for all others."""',
        'Column("V", "s", "tau of the same")',
        'Quantity(energy, "J", "of one prediction, by layer")',
        'Quantity(risk, "1", f"of the curve {name}")',
        'Field(1, ge=0, description="of the design")',
    ],
)
def test_what_hangs_on_its_neighbour_is_refused(source):
    assert len(faults(source)) == 1


def test_what_stands_alone_is_accepted():
    source = 'LIMIT = 1\n"""Largest energy of the pulses, J."""\nQuantity(energy, "J", f"{name} of one prediction")'
    assert faults(source) == []
    assert len(docstrings(ast.parse(source)) + descriptions(ast.parse(source))) == 2
