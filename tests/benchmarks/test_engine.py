"""The quick mode of the benchmarks runs."""

import pytest

from tests.benchmarks import engine


@pytest.mark.slow
def test_quick(capsys, tmp_path):
    engine.main(["--quick", "--plot", str(tmp_path / "sizes.svg")])
    text = capsys.readouterr().out
    assert all(word in text for word in ("native, midpoint", "| 8 x 4 |", "Memory", "heun"))
    assert (tmp_path / "sizes.svg").exists()
