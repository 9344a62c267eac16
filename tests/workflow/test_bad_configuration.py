"""A thousand wrong configurations, made from the schema and from the default's text: each is refused by its key."""

import random
import re
import time

import pytest
import yaml

from magbayes.workflow.configuration import ConfigurationError, validate
from magbayes.workflow.sources import DEFAULT, over, read_file
from tests.workflow.keys import beyond, keys
from tests.workflow.test_bad_input import check_lines

SLOWEST = 10.0
"""Time in s that no wrong configuration may take."""

NO_NUMBERS = [
    "yes",
    "true",
    "off",
    "'much'",
    "44 nm",
    "'1,5'",
    "[]",
    "[1]",
    "{}",
    "{a: 1}",
    "2026-11-26",
    ".nan",
    ".inf",
    "1e400",
    "1:30",
    "010",
]
WRONG = {
    "number": NO_NUMBERS,
    "integer": [*NO_NUMBERS, "1.5", "1e-3"],
    "boolean": ["'maybe'", "2", "[]", "{}", "[true]", "1:30"],
    "string": ["3", "1e-9", "yes", "[a]", "{a: b}"],
    "array": ["3", "'a, b'", "{a: 1}", "[{}]", "[[]]", "yes"],
    "object": ["3", "text", "[1]", "yes"],
}
"""Values in YAML that no key of a kind takes."""


def wrong_values():
    """Path of a key, and a wrong value for it."""
    for path, schema, optional in keys():
        if path[:2] in (("networks", "diabetes"), ("networks", "cubic")):
            continue  # like digits
        kind = schema.get("type", "string")
        texts = [*WRONG[kind], *(repr(number) for number in beyond(schema))]
        if kind != "boolean" and not optional:
            texts.append("null")
        if kind == "array" and schema["items"].get("type") in ("number", "integer"):
            texts += [f"[{text}]" for text in ("yes", "text", "1:30", ".nan", *map(repr, beyond(schema["items"])))]
        for text in texts:
            yield path, text
        yield (*path[:-1], f"{path[-1]}s_"), "1"


WRONG_VALUES = list(wrong_values())


def refusal(text, folder):
    """What is said of a configuration of this text; empty if it is accepted."""
    path = folder / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    start = time.monotonic()
    try:
        validate(*over(BASE, [read_file(path)]))
        said = ""
    except ConfigurationError as error:
        said = str(error)
        check_lines(said)
    assert time.monotonic() - start < SLOWEST
    return said


BASE = read_file(DEFAULT).values


def test_every_wrong_value_is_refused_by_its_key(tmp_path):
    accepted, unnamed = [], []
    for path, value in WRONG_VALUES:
        text = "".join(f"{' ' * depth}{part}:\n" for depth, part in enumerate(path)).rstrip() + f" {value}\n"
        said = refusal(text, tmp_path)
        key = ".".join(path)
        if not said:
            accepted.append(f"{key}: {value}")
        elif not any(re.search(rf"(^|: ){re.escape(key)}\b", line) for line in said.splitlines()):
            unnamed.append(f"{key}: {value} -> {said}")
    assert len(WRONG_VALUES) > 1000
    assert accepted == []
    assert unnamed == []


LINES = [line for line in DEFAULT.read_text(encoding="utf-8").splitlines() if line.strip()[:1] not in ("", "#")]


def given_twice():
    """The default with a key repeated below itself, the key's name and its line; one key a line."""
    lines = yaml.safe_dump(BASE, sort_keys=False, default_flow_style=False).splitlines()
    for number, line in enumerate(lines):
        if match := re.fullmatch(r" *(\w+): \S+", line):
            yield [*lines[: number + 1], line, *lines[number + 1 :]], match[1], number + 1


def test_every_key_that_is_given_twice_is_refused_with_its_lines(tmp_path):
    cases = list(given_twice())
    assert len(cases) > 100
    for lines, key, line in cases:
        said = refusal("\n".join(lines), tmp_path)
        assert re.search(rf"mine\.yaml: line {line + 1}: ([\w.]+\.)?{key}: given before, on line {line};", said), said


SPOILERS = [
    b"\t",
    b"\0",
    b"\xff",
    b"\xe9",
    "\ufeff".encode(),
    b":",
    b": ",
    b"- ",
    b"#",
    b"'",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"&a ",
    b"*a",
    b"!!python/object/apply:os.system ['id'] ",
    b"---\n",
    b"...\n",
    b"%YAML 1.2\n",
    b"|\n",
    b"? ",
    b"<<: ",
    b"0",
    b"e",
    b"-",
    b"\n",
    b"  ",
    b"__use_yte__: true\n",
    b"[" * 3000,
    b"9" * 5000,
]


@pytest.mark.parametrize("seed", range(4))
def test_spoilt_text_ends_in_lines(tmp_path, seed):
    """What is accepted is a configuration all the same, and of the refused at least one line says why."""
    text, chance = DEFAULT.read_bytes(), random.Random(seed)
    refused = 0
    for _ in range(100):
        spoilt = text
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(spoilt))
            end = start + chance.choice([0, 0, 0, 1, 5, 200])
            spoilt = spoilt[:start] + chance.choice([b"", *SPOILERS]) + spoilt[end:]
        refused += bool(refusal(spoilt, tmp_path))
    assert 50 < refused < 100


@pytest.mark.parametrize(
    "spoiler", [b"\0", b"\xff", b"[" * 3000, b"{a: " * 3000, b"9" * 5000, b"!!python/name:os.system", b"*a"]
)
def test_what_is_never_right_is_refused_at_every_key(tmp_path, spoiler):
    for number in range(3, len(LINES), 9):
        lines = [line.encode() for line in LINES]
        head, _, _ = lines[number].partition(b": ")
        lines[number] = head + b": " + spoiler
        assert refusal(b"\n".join(lines), tmp_path)
