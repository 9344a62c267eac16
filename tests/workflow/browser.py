"""A headless browser, and what it finds wrong with a page."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

WIDTHS = (1280, 768, 390)
"""Of a laptop's, a tablet's and a phone's screen, px."""

LEAST = 58
"""Pixels that an inch of a figure has at least: letters of 10 points are 8 px high then."""

AXE = "axe_playwright_python"
"""Package that brings axe-core, the checker of accessibility; of it only the JavaScript is taken."""

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""Rules of axe-core that a page is checked against: those of WCAG up to its level AA."""

# Shows what is folded away, and waits until the page has looked at it.
UNFOLD = """
document.querySelectorAll("details").forEach(each => { each.open = true; });
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 0)));
"""

# Boxes and images of a page that hold more than they show and do not say so, or are too small to read.
CLIPPED = """
const least = arguments[0], found = [];
for (const each of document.querySelectorAll("body *")) {
  const hides = !["visible", "clip"].includes(getComputedStyle(each).overflowX);
  if (hides && each.scrollWidth > each.clientWidth + 1 && !each.classList.contains("wide"))
    found.push(`cue: ${each.tagName} ${each.id || each.parentNode.id} hides ${each.scrollWidth - each.clientWidth} px`);
}
for (const image of document.querySelectorAll("figure img")) {
  const inch = image.clientWidth / Number(image.style.getPropertyValue("--inches"));
  if (inch < least) found.push(`letters: ${image.alt} has ${inch.toFixed(0)} px an inch`);
}
return found;
"""

NEEDED = ("chromium", "chromedriver")
"""Programs, Debian's packages chromium and chromium-driver."""

# What a column is sorted by after one more press of its heading: numbers, or texts where it has none.
PRESS = """
const [table, column] = arguments;
const header = table.tHead.rows[0].cells[column];
header.querySelector("button").click();
return [header.getAttribute("aria-sort"), [...table.tBodies[0].rows].map(row => {
  const cell = row.cells[column];
  return "order" in cell.dataset ? Number(cell.dataset.order) : cell.textContent;
})];
"""


def start():
    """Start the browser, or skip the test where there is none."""
    paths = [shutil.which(name) for name in NEEDED]
    if not all(paths):
        pytest.skip(f"needs {' and '.join(NEEDED)}, which are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(paths[1]))


def _resize(browser, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def _requests(browser):
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            yield message["params"]["request"]["url"]


def faults(browser, page):
    """What is wrong with a page: errors, requests, images that do not load, what is cut off, small letters."""
    browser.get_log("browser")
    browser.get_log("performance")
    found = []
    for width in WIDTHS:
        _resize(browser, width)
        browser.get(page.as_uri())
        reach = browser.execute_script("return document.documentElement.scrollWidth")
        if reach > width:
            found.append(f"scroll: reaches {reach} px on a screen of {width}")
        browser.execute_async_script(UNFOLD)
        found += [f"{fault} at {width} px" for fault in browser.execute_script(CLIPPED, LEAST)]
    broken = "return [...document.images].filter(i => !(i.complete && i.naturalWidth)).map(i => i.alt)"
    found += [f"image: {text}" for text in browser.execute_script(broken)]
    found += [
        f"request: {url}" for url in _requests(browser) if urlsplit(url).scheme != "data" and url != page.as_uri()
    ]
    found += [f"console: {entry['message']}" for entry in browser.get_log("browser")]
    return found


def barriers(browser, page):
    """What axe-core finds on a page against WCAG AA, with all that is folded away shown; skips where it is absent."""
    folder = find_spec(AXE)
    if folder is None:
        pytest.skip(f"needs axe-core: pip install --no-deps {AXE.replace('_', '-')}")
    browser.get(page.as_uri())
    browser.execute_async_script(UNFOLD)
    browser.execute_script((Path(folder.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8"))
    found = browser.execute_async_script("axe.run(document, {runOnly: arguments[0]}).then(arguments[1])", STANDARDS)
    ran = {rule["id"] for kind in ("passes", "violations") for rule in found[kind]}
    faults = [f"{rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]
    return ran, faults


def _sorted(keys, falling):
    """Whether numbers are in order, with what has none at the end."""
    numbers = [key for key in keys if not isinstance(key, str)]
    return numbers == sorted(numbers, reverse=falling) and keys[: len(numbers)] == numbers


def unsorted(browser):
    """Columns of the open page that a press on their heading leaves unsorted, and how many columns there are."""
    found, count = [], 0
    for table in browser.find_elements(By.TAG_NAME, "table"):
        for column in range(len(table.find_elements(By.CSS_SELECTOR, "thead th"))):
            count += 1
            for state, falling in (("ascending", False), ("descending", True)):
                said, keys = browser.execute_script(PRESS, table, column)
                numeric = any(not isinstance(key, str) for key in keys)
                if said != state or (numeric and not _sorted(keys, falling)):
                    found.append(f"{table.text[:40]!r}, column {column}, {state}")
    return found, count


def press_enter(browser):
    """Sort the first table from the keyboard, and return what its first heading says then."""
    button = browser.find_element(By.CSS_SELECTOR, "th button")
    button.send_keys(Keys.ENTER)
    return button.find_element(By.XPATH, "..").get_attribute("aria-sort")
