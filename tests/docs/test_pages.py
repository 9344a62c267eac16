"""Pages agree with the code and lead nowhere that is not there."""

import importlib.util
import re
from pathlib import Path
from typing import get_args

import pytest

from magbayes.compact_models import numbers as device_numbers
from magbayes.micromag import raw
from magbayes.micromag.protocols import resolution, track_resolution
from magbayes.system.cost.energy import AREA_PARTS, PARTS
from magbayes.system.evaluation import numbers as network_numbers
from magbayes.system.evaluation import results
from magbayes.system.network import ensemble
from magbayes.system.network import file as network_file
from magbayes.system.settings import Imperfection
from magbayes.workflow.command import main
from magbayes.workflow.designs import rounds
from magbayes.workflow.designs.design import Design
from magbayes.workflow.report import design as design_report
from magbayes.workflow.report import study as study_report
from magbayes.workflow.studies import points
from magbayes.workflow.studies.study import Study
from tests.docs.pages import PAGE, described

ROOT = PAGE.parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "data" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert links or page.parent.name == "data"
    assert [link for link in links if not leads(page, link)] == []


def leads(page, link):
    """Whether the file of a link is there, and the heading in it."""
    path, _, heading = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not heading or not target.exists():
        return target.exists()
    titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return heading in [re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles]


def test_a_link_that_leads_nowhere_is_seen():
    page = ROOT / "docs" / "array.md"
    assert leads(page, "physics.md#engines")
    assert not leads(page, "physics.md#engine")
    assert not leads(page, "nowhere.md")


def exists(module, name):
    """Whether `from module import name` would work; modules are read, not imported: an adapter needs its simulator."""
    spec = importlib.util.find_spec(module)
    if spec is None:
        return False
    if not spec.submodule_search_locations:
        source = Path(spec.origin).read_text(encoding="utf-8")
        return bool(re.search(rf"^(class |def )?{name}\b", source, re.MULTILINE))
    return bool(importlib.util.find_spec(f"{module}.{name}")) or hasattr(importlib.import_module(module), name)


def test_pages_import_what_exists():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    imports = re.findall(r"^from (magbayes[\w.]*) import ([\w, ]+)$", text, re.MULTILINE)
    imports += [name.rsplit(".", 1) for name in re.findall(r"^import (magbayes[\w.]+)", text, re.MULTILINE)]
    pairs = {(module, name) for module, names in imports for name in names.split(", ")}
    assert len(pairs) >= 4
    assert [pair for pair in pairs if not exists(*pair)] == []
    assert not exists("magbayes", "compact_model")
    assert not exists("magbayes.micromag", "DomainWall")
    assert not exists("magbayes.compact_models.adapters.aihwkit", "NoiseModel")


def test_pages_use_commands_that_exist(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.search(r"\{(.+?)\}", capsys.readouterr().out)[1].split(",")
    for page in PAGES:
        text = re.sub(r"`magbayes (compact models|sha256 )`|^## `.+", "", page.read_text(encoding="utf-8"), flags=re.M)
        shell = "\n".join(re.findall(r"```sh\n(.+?)```", text, re.DOTALL))
        used = re.findall(r"^magbayes (\w+)", shell, re.MULTILINE) + re.findall(r"`magbayes (\w+)", text)
        assert set(used) <= set(commands), page.name
        assert not re.search(r"python -m (micromag|compact_models|system)\b", text), page.name


def test_the_page_on_files_has_every_format_at_its_version():
    modules = [(raw.KIND, raw.VERSION), (raw.VARIATION_KIND, raw.VARIATION_VERSION)]
    modules.append((raw.RETENTION_KIND, raw.RETENTION_VERSION))
    modules += [(module.FORMAT, module.VERSION) for module in (network_file, ensemble, results)]
    modules += [(module.KIND, module.VERSION) for module in (resolution, track_resolution, study_report, points)]
    modules += [(design_report.KIND, design_report.VERSION), (rounds.PROPOSALS, rounds.PROPOSALS_VERSION)]
    modules.append((rounds.TRIED, rounds.TRIED_VERSION))
    assert described().keys() == set(modules)


def test_the_page_on_the_array_has_every_imperfection_and_part_of_the_cost():
    text = (ROOT / "docs" / "array.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    assert named >= set(get_args(Imperfection)) | set(PARTS)
    assert set(AREA_PARTS) <= set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/array.md", "docs/extending.md", "CONTRIBUTING.md"])
def test_paths_that_a_page_names_exist(page):
    text = Path(ROOT / page).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:micromag|system|compact_models|workflow|data|tests)/[\w./-]+\.\w+)`", text)
    assert len(paths) >= 3
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_page_on_studies_has_every_key_and_every_number():
    text = (ROOT / "docs" / "workflow.md").read_text(encoding="utf-8").split("## Studies")[1].split("\n## ")[0]
    keys, devices = (re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for table in text.split("What can be collected"))
    assert {key.strip("`") for key in keys} == set(Study.model_fields)
    assert set(", ".join(devices).replace("`", "").split(", ")) == set(device_numbers.NUMBERS)
    designs = (ROOT / "docs" / "workflow.md").read_text(encoding="utf-8").split("## Designs")[1].split("\n## ")[0]
    named = re.findall(r"^\| (`.+?) \|", designs, re.MULTILINE)
    assert set(", ".join(named).replace("`", "").split(", ")) >= set(Design.model_fields)
    networks = text.split("Of every network")[1].split("\n\nPoints share")[0]
    metrics = {name for task in network_numbers.NUMBERS.values() for name in task}
    assert set(re.findall(r"`(\w+)`", networks)) == metrics
