"""Tables with their sources: what is read, and that a number without a source has no place."""

from importlib import resources

import pytest

from magbayes.data import cited

TABLES = [
    (folder.name, table.name.removesuffix(".yaml"))
    for folder in resources.files("magbayes.data").iterdir()
    if folder.is_dir()
    for table in folder.iterdir()
    if table.name.endswith(".yaml")
]


def test_there_are_tables():
    assert {("stacks", "cofeb-mgo-vcma"), ("stacks", "w-cofeb-mgo"), ("peripherals", "cmos")} <= set(TABLES)


@pytest.mark.parametrize(("folder", "name"), TABLES)
def test_a_reader_may_change_what_it_was_given(folder, name):
    """The next reader gets the file's numbers all the same."""
    table = cited.load(folder, name)
    before = cited.load(folder, name)
    for value in list(table.values()):
        if isinstance(value, dict | list):
            value.clear()
    table["more"] = 1
    assert table != before
    assert cited.load(folder, name) == before


@pytest.mark.parametrize("name", ["no-such", "", "../stacks/w-cofeb-mgo", "w-cofeb-mgo.yaml"])
def test_a_table_that_does_not_exist_is_refused_with_those_that_do(name):
    with pytest.raises(ValueError, match=r"no table .* in data/stacks; there are: cofeb-mgo-vcma, w-cofeb-mgo"):
        cited.load("stacks", name)
