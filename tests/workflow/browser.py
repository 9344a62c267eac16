"""A headless browser, and what it finds wrong with a page."""

import json
import shutil
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

WIDTHS = (1280, 390)
"""Of a laptop's and a phone's screen, px."""

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
    """What is wrong with a page: errors, requests, images that do not load, a horizontal scroll."""
    browser.get_log("browser")
    browser.get_log("performance")
    found = []
    for width in WIDTHS:
        _resize(browser, width)
        browser.get(page.as_uri())
        reach = browser.execute_script("return document.documentElement.scrollWidth")
        if reach > width:
            found.append(f"scroll: reaches {reach} px on a screen of {width}")
    broken = "return [...document.images].filter(i => !(i.complete && i.naturalWidth)).map(i => i.alt)"
    found += [f"image: {text}" for text in browser.execute_script(broken)]
    found += [
        f"request: {url}" for url in _requests(browser) if urlsplit(url).scheme != "data" and url != page.as_uri()
    ]
    found += [f"console: {entry['message']}" for entry in browser.get_log("browser")]
    return found


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
