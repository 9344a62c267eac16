"""The diagram of the page on architecture is the imports of the code: none is missing, and none is made up."""

import re

import pytest

from tests.imports import ROOT, imported, modules

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DIAGRAM = re.search(r"```mermaid\n(.+?)```", PAGE, re.DOTALL)[1]


def parsed(diagram):
    """Rooms and arrows of a diagram, by the names of rooms in Python."""
    names = dict(re.findall(r'(\w+)\["(.+?)"\]', diagram))
    rooms = {key: "magbayes." + folder.replace("/", ".") for key, folder in names.items()}
    arrows = re.findall(r"^ *(\w+)(?:\[.+?\])? --> (\w+)", diagram, re.MULTILINE)
    return set(rooms.values()), {(rooms[start], rooms[end]) for start, end in arrows}


def room_of(name, rooms):
    """The innermost room that a module, or a name in one, stands in."""
    return max((room for room in rooms if f"{name}.".startswith(f"{room}.")), key=len, default=None)


def imports(rooms):
    """Imports between rooms, each with one module that has it, and the modules that import and have no room."""
    between, homeless = {}, []
    for name, path in modules().items():
        ours = [target for target in imported(path) if target.startswith("magbayes.")]
        room = room_of(name, rooms)
        if ours and room is None and name != "magbayes.__main__":  # the door, not a room
            homeless.append(name)
        between |= {(room, room_of(target, rooms)): f"{name} -> {target}" for target in ours if room}
    return {pair: example for pair, example in between.items() if pair[0] != pair[1]}, homeless


def reachable(start, arrows):
    """Rooms to which arrows lead, directly or through others."""
    seen, ahead = set(), {start}
    while ahead:
        ahead = {end for begin, end in arrows if begin in ahead} - seen
        seen |= ahead
    return seen


def faults(diagram):
    """What is wrong with a diagram, a line for each."""
    rooms, arrows = parsed(diagram)
    real, homeless = imports(rooms)
    lines = [f"no room: {name}" for name in homeless]
    lines += [f"no arrow: {example}" for (a, b), example in real.items() if b not in reachable(a, arrows)]
    lines += [f"no import: {a} -> {b}" for a, b in sorted(arrows - real.keys())]
    lines += [f"implied: {a} -> {b}" for a, b in sorted(arrows) if b in reachable(a, arrows - {(a, b)})]
    return lines


def test_the_diagram_is_what_the_code_imports():
    assert parsed(DIAGRAM)[1]
    assert faults(DIAGRAM) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (
            "raw --> data",
            "raw --> data\n    datasets --> llg",
            "no import: magbayes.system.datasets -> magbayes.micromag",
        ),
        ("engines --> llg", "", "no arrow: magbayes.micromag.engines"),
        (
            "metrics --> data",
            "metrics --> data\n    evaluation --> network",
            "implied: magbayes.system.evaluation -> magbayes.system.",
        ),
        (
            'calculator["micromag/calculator"] --> llg["micromag/llg"]',
            'llg["micromag/llg"]',
            "no room: magbayes.micromag.calc",
        ),
    ],
)
def test_a_wrong_diagram_is_refused(before, after, fault):
    assert before in DIAGRAM
    wrong = faults(DIAGRAM.replace(before, after))
    assert any(line.startswith(fault) for line in set(wrong) - set(faults(DIAGRAM))), wrong
