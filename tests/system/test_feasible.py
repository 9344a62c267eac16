"""What cannot be is known before anything is computed, and what can be is let through."""

import pytest

from magbayes.data import memory
from magbayes.system.network.feasible import require_feasible, require_room
from magbayes.system.network.settings import NetworkSettings


def feasible(**values):
    require_feasible("mine", NetworkSettings(**values), 1, 100)


@pytest.fixture
def table(tmp_path):
    rows = [f"{i % 5},{i % 3}.5,{'cat' if i % 2 else 'ant'}" for i in range(40)]
    (tmp_path / "d.csv").write_text("\n".join(["age,legs,kind", *rows]))
    return {"source": "csv", "path": str(tmp_path / "d.csv"), "task": "classification"}


def test_what_can_be_is_let_through(table):
    feasible(data=table, hidden=[4])
    feasible(data={"source": "digits"}, convolutions=[{"channels": 2, "size": 3}])
    feasible(data={"source": "fashion_mnist"}, convolutions=[{"channels": 6, "padding": 2}, {"channels": 16}])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"convolutions": [{"channels": 2}]}, "mine: convolutions need images; the data are a table"),
        ({"data": {"shifts": ["rotation"]}}, "mine: the shift rotation needs images"),
        ({"start": __file__}, "test_feasible.py: not an HDF5 file"),
        ({"posterior": __file__}, "test_feasible.py: not an NPZ file of plain arrays"),
        ({"data": {"target": "wings"}}, "no column 'wings'"),
        ({"data": {"path": "."}}, r"\.: is no file; expected a CSV file"),
        ({"data": {"source": "npz"}}, "d.csv: not an NPZ file"),
        ({"data": {"source": "idx", "task": None}}, "d.csv: no train-images-idx3-ubyte"),
        ({"hidden": [10**18]}, r"hidden \[10+\] .*GB of memory, and .* GB may be used"),
        ({"hidden": [10**6, 10**6]}, r"hidden \[1000000, 1000000\] \(1e\+12 weights\).* GB may be used"),
        ({"hidden": [10**5], "particles": 10**9}, "with particles 1000000000, training: needs"),
        ({"hidden": [10**5], "batch": 10**9}, "with batch 1000000000, a step: needs"),
    ],
)
def test_what_cannot_be_is_one_line(table, values, message):
    data = {key: value for key, value in (table | values.get("data", {})).items() if value is not None}
    with pytest.raises(ValueError, match=message) as caught:
        feasible(**values | {"data": data})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", ["digits", "fashion_mnist"])
def test_a_file_that_holds_no_letters_is_known_before_anything_else(tmp_path, source):
    """Of Fashion-MNIST too, which may not be here yet."""
    (tmp_path / "letters").write_text("no letters")
    data = {"source": source, "shifts": ["letters"], "letters": str(tmp_path / "letters")}
    with pytest.raises(ValueError, match="letters: starts with 6e6f206c; an IDX file starts with 0000"):
        feasible(data=data)


def test_a_built_in_data_set_with_a_network_that_is_too_large_is_refused():
    with pytest.raises(memory.MemoryShortageError, match="hidden"):
        require_feasible("digits", NetworkSettings(hidden=(10**6, 10**6)), 1, 100)


def test_draws_of_all_inputs_have_to_fit(monkeypatch):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: type("", (), {"available": 10**9})())
    require_room(NetworkSettings(), 10**4, 1000, 10, 1000)
    with pytest.raises(memory.MemoryShortageError, match=r"samples 100000 of 1000 inputs and 10 outputs: needs 12 GB"):
        require_room(NetworkSettings(), 10**4, 1000, 10, 100_000)
