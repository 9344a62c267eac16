"""YAML as a person means it: what has one reading is read so, and what has two is refused in one line."""

import math
import os
import time

import pytest
import yaml

from magbayes.data.strict_yaml import YamlError, keyed, parse, read


def value_of(text):
    return parse(f"key: {text}", "mine.yaml").values["key"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-9", 1e-9),
        ("44e-9", 44e-9),
        ("-1E+3", -1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("+3", 3),
        ("-0", 0),
        ("1_000", 1000),
        ("1_000.5", 1000.5),
        ("00.5", 0.5),
        (".inf", math.inf),
        ("2026-11-26", "2026-11-26"),
        ("12:x", "12:x"),
        ("2.1a0", "2.1a0"),
        ("1_", "1_"),
        ("1,5", "1,5"),
        ("=", "="),
        ("", None),
        ("~", None),
        ("Null", None),
        ("yes", True),
        ("ON", True),
        ("No", False),
        ("off", False),
        ("y", "y"),
        ("'010'", "010"),
        ('"yes"', "yes"),
        ("!!str 010", "010"),
        ("[1, [2e3, no]]", [1, [2000.0, False]]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
    ],
)
def test_one_reading(text, value):
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


def test_the_surprises_are_those_of_pyyaml():
    """Control: each of them is one."""
    old = yaml.safe_load("{a: 1e-9, b: 010, c: 1:30, d: 2026-11-26}")
    assert (old["a"], old["b"], old["c"]) == ("1e-9", 8, 90)
    assert not isinstance(old["d"], str)
    assert yaml.safe_load("a: 1\na: 2") == {"a": 2}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a: 1\nb: 2\na: 3", ["line 3: a: given before, on line 1"]),
        ("s:\n  d: 1\n  e: 1\n  d: 2", ["line 4: s.d: given before, on line 2"]),
        ("s: {d: 1, d: 1}", ["line 1: s.d: given before, on line 1"]),
        ("l: [{d: 1}, {d: 1, d: 1}]", ["l.1.d: given before"]),
        ("seed: 010", ["line 1: seed: 010 has two readings", "leading zero", "quotes"]),
        ("seed: -007", ["seed: -007", "leading zero"]),
        ("seed: 08", ["seed: 08", "leading zero"]),
        ("seed: 0x1F", ["seed: 0x1F", "decimal"]),
        ("seed: 0o17", ["seed: 0o17", "decimal"]),
        ("seed: 0b11", ["seed: 0b11", "decimal"]),
        ("x: 1:30", ["x: 1:30", "base 60"]),
        ("x: [1, 190:20:30.15]", ["x.1: 190:20:30.15", "base 60"]),
        ("x: 1e400", ["x: 1e400 is beyond"]),
        ("x: -1e400", ["x: -1e400 is beyond"]),
        ("x: 1e-400", ["x: 1e-400 is beyond", "and 0"]),
        (f"x: {'7' * 5000}", ["x: '77777777777777777777'... has 5000 characters"]),
        (f"x: {'7' * 4000}", ["x: 77777777777777777777... (4000 characters) is beyond"]),
        (f"x: {'a' * 5000}", ["x: 'aaaaaaaaaaaaaaaaaaaa'... has 5000 characters", "4096"]),
        ("1: a", ["line 1: the key '1' is no text"]),
        ("on: a", ["the key 'on' is no text", "quotes"]),
        ("null: a", ["the key 'null' is no text"]),
        ("s: {[a]: 1}", ["s: a key that is no text"]),
        ("{{ x }}: 1", ["a key that is no text"]),
        ("x: !!python/name:os.system", ["x: the tag", "not accepted"]),
        ("x: !!float 1", ["x: the tag", "write the value itself"]),
        ("x: !mine 1", ["x: the tag !mine"]),
        ("x: !!set {a}", ["x: the tag"]),
        ("a: 1\n---\nb: 2", ["line 2: a second document"]),
        ("a: *b", ["a: *b: nothing before it"]),
        ("a: &a [*a]", ["a.0: *a: nothing before it"]),
        ("<<: 3", ["<<: accepted: *alias"]),
        ("a:\n\tb: 1", ["line 2: a tab; indent with spaces"]),
        ("a: b: c", ["line 1: not YAML", "quotes"]),
        ("a: [1", ["not YAML"]),
        ("a: '1", ["not YAML"]),
        ("a: \x01", ["not YAML"]),
        ("%YAML 3.0\n---\na: 1", ["not YAML"]),
        ("a: " + "[" * 5000, ["more than 40 keys and lists within each other"]),
        ("a: " + "{b: " * 5000, ["more than 40 keys and lists within each other"]),
    ],
)
def test_two_readings_or_none(text, parts):
    with pytest.raises(YamlError) as caught:
        parse(text, "mine.yaml")
    assert str(caught.value).startswith("mine.yaml: ")
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def test_merge_keys_and_aliases_are_what_yaml_says_they_are():
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\none: {<<: *b, y: 9}\ntwo: {<<: [*b, *m]}\nlist: [*b, *b]"
    values = parse(text, "mine.yaml").values
    assert values == yaml.safe_load(text)
    assert values["one"] == {"x": 1, "y": 9}
    assert values["two"] == {"x": 1, "y": 2, "z": 4}
    assert parse("{'<<': 1}", "mine.yaml").values == {"<<": 1}


@pytest.mark.parametrize("form", ["[{}]", "{{{}}}"])
def test_an_alias_bomb_is_defused(form):
    """Nine times what stands before, thirty times over, in lists and in keys."""
    lines = ["l0: &l0 1"]
    for i in range(1, 30):
        inner = [f"*l{i - 1}" if form == "[{}]" else f"k{j}: *l{i - 1}" for j in range(9)]
        lines.append(f"l{i}: &l{i} {form.format(', '.join(inner))}")
    start = time.monotonic()
    with pytest.raises(YamlError, match="more than 1000000 values; aliases repeat"):
        parse("\n".join(lines), "mine.yaml")
    assert time.monotonic() - start < 1


def test_lines_are_known():
    lines = parse("a: 1\nb:\n  c: [1,\n    2]\n", "mine.yaml").lines
    assert lines == {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", 0): 3, ("b", "c", 1): 4}


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ("a: é".encode("latin-1"), ["byte 0xe9 on line 1 is not UTF-8", "saved as UTF-8"]),
        ("b: 1\na: é".encode("latin-1"), ["line 2"]),
        ("a: 1".encode("utf-16"), ["UTF-16", "saved as UTF-8"]),
        (bytes(range(256)), ["not UTF-8"]),
        (b"\0" * 100, ["not YAML"]),
        (b" " * 5_000_000, ["too large", "4 MB"]),
    ],
)
def test_a_file_that_is_no_text(tmp_path, data, parts):
    path = tmp_path / "mine.yaml"
    path.write_bytes(data)
    with pytest.raises(YamlError) as caught:
        read(path)
    for part in [str(path), *parts]:
        assert part in str(caught.value)


def test_a_mark_of_byte_order_does_no_harm(tmp_path):
    (tmp_path / "mine.yaml").write_text("a: é", encoding="utf-8-sig")
    assert read(tmp_path / "mine.yaml").values == {"a": "é"}


@pytest.mark.parametrize("name", ["nowhere.yaml", "a\0b.yaml", "x" * 300, "."])
def test_what_cannot_be_read(tmp_path, name):
    with pytest.raises(YamlError, match=r"cannot be read|a folder; accepted: a YAML file"):
        read(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(YamlError, match="not a file"):
        read(tmp_path / "pipe")


@pytest.mark.parametrize(("text", "what"), [("", "nothing"), ("# x", "nothing"), ("[1]", "a list"), ("text", "'text'")])
def test_keys_are_asked_for(text, what):
    with pytest.raises(YamlError, match=f"mine.yaml: {what}; accepted: keys with values"):
        keyed(parse(text, "mine.yaml"), "mine.yaml")
