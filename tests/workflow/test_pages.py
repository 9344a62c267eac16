"""What both pages are made with, and that the checks in a browser find what they look for."""

import re

import pytest

from magbayes.workflow.report.pages import Labels, contents, render
from magbayes.workflow.report.tables.cells import PageCell, PageTable, plain
from tests.workflow import browser as browsers

TABLE = PageTable(
    ["name", "size"],
    [
        [PageCell("b"), plain(10.0)],
        [PageCell("a"), plain(-9.0)],
        [PageCell("c"), PageCell("–")],
    ],
)


def page(folder, body):
    text = render("base.html.j2").replace("<body>", f"<body>{body}")
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    return path


def table_html():
    heads = "".join(f'<th aria-sort="none"><button>{name}</button></th>' for name in TABLE.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td{f' data-order={c.order}' if c.order is not None else ''}>{c.text}</td>" for c in row)
        + "</tr>"
        for row in TABLE.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def test_numbers_of_captions_and_links_to_them():
    labels = Labels()
    text = f"{labels.reference('late')} {labels.caption('Figure', 'first')} {labels.caption('Table', 'own')}"
    text += f" {labels.caption('Figure', 'late')}"
    assert re.sub("<.*?>", "", labels.resolve(text)) == "Figure 2 Figure 1 Table 1 Figure 2"
    with pytest.raises(ValueError, match="two captions are called 'first'"):
        labels.caption("Table", "first")
    with pytest.raises(ValueError, match=r"no caption is called 'lost'; there are: first, own, late"):
        labels.resolve(str(labels.reference("lost")))


def test_contents_are_the_headings_with_a_place():
    found = contents('<h2 id="a">One</h2><h2>none</h2><h2 id="b">Two</h2>')
    assert found == '<li><a href="#a">One</a></li><li><a href="#b">Two</a></li>'


def test_a_good_page_has_no_faults(browser, tmp_path):
    assert browsers.faults(browser, page(tmp_path, table_html())) == []
    assert browsers.unsorted(browser) == ([], 2)
    assert browsers.press_enter(browser) == "ascending"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<img src="data:image/svg+xml;base64,xxxx" alt="broken">', "image: broken"),
        ("<script>undefined.field</script>", "console: "),
        ('<div style="width: 1000px">wide</div>', "scroll: reaches "),
        ('<img src="http://127.0.0.1:9/" alt="">', "request: http://127.0.0.1:9/"),
    ],
)
def test_each_fault_is_found(browser, tmp_path, body, fault):
    assert any(found.startswith(fault) for found in browsers.faults(browser, page(tmp_path, body)))


def test_a_table_that_does_not_sort_is_found(browser, tmp_path):
    path = page(tmp_path, table_html())
    path.write_text(path.read_text(encoding="utf-8").replace("body.append(...rows)", ""), encoding="utf-8")
    browsers.faults(browser, path)
    assert browsers.unsorted(browser)[0]
