"""What the Snakemake workflow catalogue asks of a workflow that it lists with standardised usage.

In our own words, from the script that makes the catalogue and its README, as of November 2026
(github.com/snakemake/snakemake-workflow-catalog). Snakemake's linter is asked in tests/test_layout.py.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SETTINGS = ".snakemake-workflow-catalog.yml"
LOOKED_AT = (
    "README.md",
    "Snakefile",
    SETTINGS,
    "workflow/Snakefile",
    "workflow/rules",
    "workflow/envs",
    "workflow/config",
)


def faults(root):
    """What keeps a repository out of the catalogue, or out of its standardised workflows, a line each."""
    found = []
    # It is searched for by the two words in its README.
    readme = (root / "README.md").read_text(encoding="utf-8").lower() if (root / "README.md").is_file() else ""
    found += [f"README.md does not say {word!r}" for word in ("snakemake", "workflow") if word not in readme]
    # Where there is a folder workflow/, the Snakefile and the rules are looked for there, and nowhere else.
    folder = root / "workflow" if (root / "workflow").exists() else root
    if not (folder / "Snakefile").exists():
        found.append("no Snakefile in the folder workflow")
    rules = folder / "rules"
    if rules.is_dir() and not any(path.suffix == ".smk" for path in rules.iterdir() if path.is_file()):
        found.append("no file of rules ends with .smk")
    # Standardised: both of these, the first shown as instructions.
    if not (root / "config" / "README.md").exists():
        found.append("no config/README.md")
    try:
        usage = (yaml.safe_load((root / SETTINGS).read_text(encoding="utf-8")) or {}).get("usage", {})
    except (OSError, yaml.YAMLError):
        return [*found, f"no {SETTINGS} that can be read"]
    ways = [way for way, works in usage.get("software-stack-deployment", {}).items() if works]
    if not ways:
        found.append("no way to deploy software")
    if "conda" in ways and not list((folder / "envs").glob("*.yaml")):
        found.append("conda without an environment")
    return found


@pytest.fixture
def copy(tmp_path):
    """The files of this repository that are looked at."""
    for name in LOOKED_AT:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (tmp_path / "config").symlink_to((ROOT / "config").readlink())
    return tmp_path


def test_the_catalogue_lists_us():
    assert faults(ROOT) == []
    # A link that leads somewhere else than into the repository is lost in a release.
    link = (ROOT / "config").readlink()
    assert not link.is_absolute()
    assert (ROOT / link).resolve().is_relative_to(ROOT.resolve())


def without(name):
    def spoil(folder):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    return spoil


def write(name, text):
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def rename_rules(folder):
    for path in (folder / "workflow" / "rules").glob("*.smk"):
        path.rename(path.with_suffix(".rules"))


SPOILT = {
    "a README in other words": (write("README.md", "A tool."), "README.md does not say 'snakemake'"),
    "a Snakefile at the top alone": (without("workflow/Snakefile"), "no Snakefile in the folder workflow"),
    "rules of another suffix": (rename_rules, "no file of rules ends with .smk"),
    "no instructions": (without("config"), "no config/README.md"),
    "no settings": (without(SETTINGS), f"no {SETTINGS} that can be read"),
    "settings that are no YAML": (write(SETTINGS, "usage: {"), f"no {SETTINGS} that can be read"),
    "no deployment": (
        write(SETTINGS, "usage: {software-stack-deployment: {conda: false}}"),
        "no way to deploy software",
    ),
    "no environment": (without("workflow/envs"), "conda without an environment"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_the_catalogue_would_miss_is_seen(spoilt, copy):
    assert faults(copy) == []
    spoil, expected = SPOILT[spoilt]
    spoil(copy)
    assert expected in faults(copy)


def test_its_formatter_has_nothing_to_say():
    program = shutil.which("snakefmt")
    if program is None:
        pytest.skip("needs snakefmt, which is not installed")
    paths = [ROOT / "workflow" / "Snakefile", *sorted((ROOT / "workflow" / "rules").glob("*.smk"))]
    answer = subprocess.run([program, "--check", *map(str, paths)], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr
