"""Pages agree with the code and lead nowhere that is not there."""

import re
from pathlib import Path
from typing import get_args

import pytest

from magbayes.compact_models import numbers as device_numbers
from magbayes.micromag import raw
from magbayes.micromag.protocols import resolution
from magbayes.system.cost.energy import AREA_PARTS, PARTS
from magbayes.system.evaluation import numbers as network_numbers
from magbayes.system.evaluation import results
from magbayes.system.network import ensemble
from magbayes.system.network import file as network_file
from magbayes.system.settings import Imperfection
from magbayes.workflow.studies.study import Study
from tests.docs.pages import PAGE, described

ROOT = PAGE.parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert links
    for link in links:
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert heading in [re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles], link


def test_the_page_on_files_has_every_format_at_its_version():
    modules = [(raw.KIND, raw.VERSION), (raw.VARIATION_KIND, raw.VARIATION_VERSION)]
    modules += [(module.FORMAT, module.VERSION) for module in (network_file, ensemble, results)]
    modules.append((resolution.KIND, resolution.VERSION))
    assert described().keys() == set(modules)


def test_the_page_on_the_array_has_every_imperfection_and_part_of_the_cost():
    text = (ROOT / "docs" / "array.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    assert named >= set(get_args(Imperfection)) | set(PARTS)
    assert set(AREA_PARTS) <= set(re.findall(r"`(\w+)`", text))


def test_paths_of_the_page_on_extending_exist():
    text = Path(ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:micromag|system|compact_models|workflow|data|tests)/[\w./-]+\.\w+)`", text)
    assert len(paths) > 10
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_page_on_studies_has_every_key_and_every_number():
    text = (ROOT / "docs" / "workflow.md").read_text(encoding="utf-8").split("## Studies")[1].split("\n## ")[0]
    keys, devices = (re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for table in text.split("What can be collected"))
    assert {key.strip("`") for key in keys} == set(Study.model_fields)
    assert set(", ".join(devices).replace("`", "").split(", ")) == set(device_numbers.NUMBERS)
    networks = text.split("Of every network")[1].split("\n\n")[0]
    metrics = {name for task in network_numbers.NUMBERS.values() for name in task}
    assert set(re.findall(r"`(\w+)`", networks)) == metrics
