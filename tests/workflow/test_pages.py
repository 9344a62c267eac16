"""What both pages are made with, and that the checks in a browser find what they look for."""

import re

import jinja2
import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By

from magbayes.workflow.report.figures import plotting
from magbayes.workflow.report.pages import FOLDER, Labels, contents, render
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


EMPTY = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5IiBoZWlnaHQ9IjkiLz4="
"""An image."""


def page(folder, body):
    text = render("base.html.j2").replace("<body>", f"<body>{body}").replace("<title>", "<title>A page")
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
        ('<div style="overflow-x: auto"><div style="width: 1000px">wide</div></div>', "cue: DIV "),
        (
            f'<figure><img src="{EMPTY}" style="--inches: 9; width: 300px" alt="small"></figure>',
            "letters: small has 33 px",
        ),
    ],
)
def test_each_fault_is_found(browser, tmp_path, body, fault):
    assert any(found.startswith(fault) for found in browsers.faults(browser, page(tmp_path, body)))


def test_a_table_that_does_not_sort_is_found(browser, tmp_path):
    path = page(tmp_path, table_html())
    path.write_text(path.read_text(encoding="utf-8").replace("body.append(...rows)", ""), encoding="utf-8")
    browsers.faults(browser, path)
    assert browsers.unsorted(browser)[0]


def test_wide_figures_and_tables_scroll_in_their_box_and_say_so(browser, tmp_path):
    """At 9 inches on a phone; on a laptop there is nothing to scroll."""
    table = table_html().replace("<table>", '<div class="table scroll"><table style="width: 60rem">') + "</div>"
    figure = (
        f'<figure><div class="scroll"><img src="{EMPTY}" style="--inches: 9" alt="wide"></div></figure>'
        f'<figure><div class="scroll"><img src="{EMPTY}" style="--inches: 6" alt="narrow"></div></figure>'
    )
    assert browsers.faults(browser, page(tmp_path, figure + table)) == []  # the last width is a phone's
    wide = "return [...document.querySelectorAll('.scroll')].map(box => box.className)"
    assert browser.execute_script(wide) == ["scroll wide more", "scroll", "table scroll wide more"]
    browser.execute_script("document.querySelector('.table').scrollLeft = 9999")
    browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 50))")
    assert browser.execute_script(wide)[-1] == "table scroll wide"


def drawn(folder):
    """A page with one figure: two points on a line, far apart, the second with an interval."""
    drawing = plotting.figure(6, 3)
    axes = drawing.subplots()
    axes.plot([1.0, 2.0], [3.0, 3.0], label="first")
    axes.errorbar([2.0], [5.0], yerr=[[1.0], [2.0]], label="second")
    axes.set(xlabel="voltage / V", ylabel="sigma / µS", ylim=(0, 8))
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER), autoescape=True)
    environment.globals["caption"] = Labels().caption
    macros = environment.get_template("macros.html.j2").module
    shown = plotting.shown({"one": plotting.picture(drawing)})
    return page(folder, f"<h1>A</h1>{macros.figure('one', shown['one'], 'One figure.')}")


def said(browser):
    """What the page says of the points of a figure; nothing where it says none."""
    return [line for line in browser.find_element(By.CLASS_NAME, "values").text.splitlines() if line]


def test_a_figure_tells_the_values_that_a_reader_points_at(browser, tmp_path):
    path = drawn(tmp_path)
    assert browsers.faults(browser, path) == []  # the last width is a phone's
    image = browser.find_element(By.TAG_NAME, "img")
    places = browser.execute_script(
        "return JSON.parse(document.querySelector('figure > script').textContent)[0].series.map(of => of[1])"
    )
    width, height = image.size["width"], image.size["height"]
    second = [places[0][0][0] / 1e4 * width - width / 2, places[0][0][1] / 1e4 * height - height / 2]
    assert said(browser) == []
    ActionChains(browser).move_to_element_with_offset(image, *map(round, second)).perform()
    assert said(browser) == ["second · voltage / V: 2 · sigma / µS: 5 (4 to 7)"]
    ActionChains(browser).move_to_element_with_offset(image, -width // 2 + 2, -height // 2 + 2).perform()
    assert said(browser) == []  # where there is no point
    assert browsers.barriers(browser, path)[1] == []


def test_values_are_reached_from_the_keyboard(browser, tmp_path):
    path = drawn(tmp_path)
    browser.get(path.as_uri())
    box = browser.find_element(By.CSS_SELECTOR, ".scroll")
    assert "arrow keys" in box.get_attribute("aria-label")
    found = []
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
        box.send_keys(key)
        found += said(browser)
    assert [line.split(" · ")[1] for line in found] == [f"voltage / V: {x}" for x in (2, 1, 2, 1)]
    assert [line.split(" · ")[0] for line in found] == ["second", "first", "first", "first"]
    box.send_keys(Keys.ESCAPE)
    assert said(browser) == []
    label = browser.find_element(By.CLASS_NAME, "values")
    assert label.get_attribute("role") == "status"  # what a screen reader says when it changes


def test_what_is_hard_to_read_or_to_hear_is_found(browser, tmp_path):
    """Contrast and alternative texts are checked; each control lacks one."""
    ran, faults = browsers.barriers(
        browser, page(tmp_path, f'<h1>A</h1><img src="{EMPTY}" alt="nothing">{table_html()}')
    )
    assert faults == []
    assert {"color-contrast", "image-alt", "button-name", "html-has-lang", "document-title"} <= ran
    for body, rule in (
        ('<p style="color: #999">grey</p>', "color-contrast"),
        (f'<img src="{EMPTY}">', "image-alt"),
        ("<button></button>", "button-name"),
    ):
        assert any(fault.startswith(rule) for fault in browsers.barriers(browser, page(tmp_path, body))[1])
