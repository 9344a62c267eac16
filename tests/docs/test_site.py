"""The documentation site: it builds without a warning, loads nothing from elsewhere, and its search needs no server."""

import functools
import os
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

from magbayes import compact_models, micromag, system
from magbayes.micromag import calculator
from tests.imports import ROOT
from tests.workflow import browser as browsers

for needed in ("material", "math_core", "mkdocs", "mkdocstrings_handlers", "nbconvert"):
    pytest.importorskip(needed, reason=f"needs {needed}: pip install -e '.[docs]'")

pytestmark = pytest.mark.slow

PACKAGES = {"micromag": micromag, "calculator": calculator, "compact_models": compact_models, "system": system}
"""Packages with a page in the reference, by its name."""

QUESTIONS = {
    "physicist": {
        "retention": ("configuration", "physics", "tutorials/"),
        "gate voltage": ("array", "configuration", "notebooks/stochastic_mtj", "tutorials/"),
        "own material": ("extending",),
    },
    "architect": {
        "ADC bits": ("array", "configuration", "tutorials/"),
        "ngspice": ("compact_models", "index", "tutorials/"),
        "own data set": ("extending", "tutorials/"),
        "posterior from PyTorch": ("extending",),
    },
    "reviewer": {
        "What is 'not significant'?": ("array", "glossary"),
        "not significant": ("array", "glossary"),
        "negative control": ("array", "glossary", "tutorials/reviewer"),
        "same bits on another machine": ("workflow",),
    },
    "anyone": {"SLURM": ("extending", "workflow")},
}
"""What a stranger to a tutorial types, and with what the path of the first page found must begin: one that says how."""

FAULTS = {
    "store.md": "\n[gone](nowhere.md)\n",
    "hdf5.md": "\n[gone](physics.md#nowhere)\n",
    "physics.md": "\n$\\nonsense{x}$\n",
    "forgotten.md": "# Forgotten\n",
}
"""What is appended to pages: links that lead nowhere, a formula that is none, a page in no list."""

SAID = (
    "'store.md' contains a link 'nowhere.md', but the target is not found",
    "'hdf5.md' contains a link 'physics.md#nowhere', but the doc 'physics.md' does not contain an anchor",
    "physics.md: formula \\nonsense{x}: ",
    'not included in the "nav" configuration:\n  - forgotten.md',
)
"""What must be said of them."""


def build(root, folder):
    """Build the site of a source tree into a folder; its answer, with what was said on both streams."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"}
    command += ["--config-file", str(root / "docs" / "site" / "mkdocs.yml")]
    answer = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    return answer.returncode, answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    code, said = build(ROOT, folder)
    assert code == 0, said
    assert not re.search("WARNING|ERROR", said), said
    return folder


class Links(HTMLParser):
    """What a page loads, where its links lead, and the places in it that a link can lead to."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.leads, self.places = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.places |= {found.get("id"), found.get("name")}
        if tag in ("a", "area"):
            self.leads.append(found.get("href") or "")
        elif tag == "link":
            # A page names its neighbours, and the place where it is published; neither is loaded.
            self.loads += [found.get("href") or ""] if found.get("rel") not in ("canonical", "next", "prev") else []
        else:
            self.loads += [found[name] for name in ("src", "srcset", "data", "poster") if found.get(name)]


@functools.cache
def links_of(path):
    """Links of a page."""
    return Links(path)


def missing(page, link):
    """Whether a link of a page leads to nothing in the site."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return True
    return bool(parts.fragment) and unquote(parts.fragment) not in links_of(target).places


def pages(site):
    """Pages of the site; that for what is not found is served from anywhere, and has links from the root."""
    return [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]


def test_links_lead_somewhere_in_the_site(site):
    assert len(pages(site)) > 25
    assert [(page.name, link) for page in pages(site) for link in links_of(page).leads if missing(page, link)] == []
    assert missing(site / "index.html", "nowhere.html")
    assert missing(site / "index.html", "physics.html#nowhere")
    assert not missing(site / "index.html", "physics.html#engines")


def elsewhere(page):
    """What a page loads from another machine."""
    return [link for link in links_of(page).loads if urlsplit(link).netloc]


def test_nothing_is_loaded_from_elsewhere(site, tmp_path):
    assert {page.name: found for page in pages(site) if (found := elsewhere(page))} == {}
    sheets = [
        path for path in site.rglob("*.css") if re.search(r"(url\(|@import )['\"]?(https?:)?//", path.read_text())
    ]
    assert sheets == []
    (tmp_path / "control.html").write_text(
        '<script src="https://example.org/x.js"></script><img src="//example.org/y">'
    )
    assert len(elsewhere(tmp_path / "control.html")) == 2


def test_sources_and_pages_of_the_root_are_in_the_site(site):
    assert "cofeb-mgo-vcma" in (site / "source" / "data" / "stacks.html").read_text(encoding="utf-8")
    assert "vcma_coefficient" in (site / "source" / "data" / "stacks" / "cofeb-mgo-vcma.yaml.html").read_text()
    for name in ("overview", "contributing", "changelog", "schema"):
        assert (site / f"{name}.html").is_file()


def test_formulas_and_the_diagram_are_drawn(site):
    physics, architecture = (
        (site / f"{name}.html").read_text(encoding="utf-8") for name in ("physics", "architecture")
    )
    assert physics.count("<math") > 50
    assert "arithmatex" not in physics
    assert architecture.count("<rect") > 15
    assert "flowchart" not in architecture


@pytest.mark.parametrize("name", PACKAGES)
def test_the_reference_has_every_public_name(name, site):
    package = PACKAGES[name]
    page = site / "api" / f"{name}.html"
    places = {place for place in links_of(page).places if place}
    text = page.read_text(encoding="utf-8")
    for public in package.__all__:
        has_entry = any(place.endswith(f".{public}") for place in places)
        assert has_entry or f"<code>{public}</code>" in text or f"{package.__name__}.{public}" in text, public
    assert not any(place.endswith(".nowhere") for place in places)


def test_what_is_wrong_with_a_page_fails_the_build(tmp_path):
    root = tmp_path / "copy"
    root.mkdir()
    for path in ROOT.iterdir():
        if path.name not in ("build", "docs", ".git"):
            (root / path.name).symlink_to(path)
    shutil.copytree(ROOT / "docs", root / "docs")
    for name, text in FAULTS.items():
        with (root / "docs" / name).open("a", encoding="utf-8") as file:
            file.write(text)
    code, said = build(root, tmp_path / "site")
    assert code != 0
    assert [message for message in SAID if message not in said] == [], said
    assert said.count("WARNING") == len(FAULTS)


@pytest.fixture(scope="module")
def browser():
    """A browser that is closed at the end."""
    browser = browsers.start()
    yield browser
    browser.quit()


def page_faults(browser, site, page):
    """What is wrong with a page: not that it loads the site's own, nor the theme's scroll bars of tables and code."""
    own = f"request: {site.as_uri()}", "cue: "
    return [fault for fault in browsers.faults(browser, page) if not fault.startswith(own)]


def drawn_alike(site):
    """Every page that is written, and of those that show a source file one of each kind."""
    sources = {path.suffixes[-2:][0]: path for path in pages(site / "source")}
    return [path for path in pages(site) if not path.is_relative_to(site / "source")] + list(sources.values())


def test_every_page_is_whole_on_every_screen(site, browser, tmp_path):
    assert {page.name: found for page in drawn_alike(site) if (found := page_faults(browser, site, page))} == {}
    (tmp_path / "control.html").write_text("<body style='margin: 0'><div style='width: 500px'>wide</div>")
    assert page_faults(browser, site, tmp_path / "control.html") == ["scroll: reaches 500 px on a screen of 390"]


def first_hit(browser, site, words):
    """Path in the site of the page that the search lists first; None where it finds none."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1280, 900)
    browser.get((site / "index.html").as_uri())
    field = browser.find_element(By.CSS_SELECTOR, ".md-search__input")
    field.click()
    field.send_keys(words)
    answer = (By.CSS_SELECTOR, ".md-search-result__meta")
    WebDriverWait(browser, 20).until(expected_conditions.text_to_be_present_in_element(answer, "matching"))
    time.sleep(0.5)  # the list follows the last letter
    hits = browser.find_elements(By.CSS_SELECTOR, ".md-search-result__link")
    return unquote(urlsplit(hits[0].get_attribute("href")).path).removeprefix(f"{site}/") if hits else None


@pytest.mark.parametrize(("words", "pages"), [item for asked in QUESTIONS.values() for item in asked.items()])
def test_the_search_answers_without_a_server(words, pages, site, browser):
    assert first_hit(browser, site, words).startswith(pages)


def test_every_tutorial_has_three_questions():
    assert {path.stem for path in (ROOT / "docs" / "tutorials").glob("*.ipynb")} == QUESTIONS.keys() - {"anyone"}
    assert all(len(asked) >= 3 for reader, asked in QUESTIONS.items() if reader != "anyone")


def test_the_search_finds_no_page_of_what_is_not_there(site, browser):
    assert first_hit(browser, site, "xylophone") is None
