"""A scenario as a research object: one ZIP with its results, where they come from, and how to cite them.

The archive is an RO-Crate (https://w3id.org/ro/crate), whose `ro-crate-metadata.json` names every file with its hash,
the program and the time that made it, its seed and the hash of its configuration.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import h5py
import yaml

from magbayes.data.container import FileFormatError, replacing, verify
from magbayes.workflow.changes import configuration_of
from magbayes.workflow.code import libraries
from magbayes.workflow.view import SENTINELS

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

ROOT = Path(__file__).resolve().parents[2]
"""The clone, where the package was installed from one."""

FORMS = {".h5": "application/x-hdf5", ".html": "text/html", ".svg": "image/svg+xml", ".yaml": "application/yaml"}
"""Encodings of files, by suffix."""

NOTED = ("seed", "data_seed", "git_commit", "configuration_sha256")
"""What of a file's provenance stands beside it as a number or a text."""


class Result(NamedTuple):
    """A file of a scenario.

    Attributes
    ----------
    name
        Its path in the folder, and in the archive.
    path
        Where it lies.
    what
        What it is.
    provenance
        What it says of its making; empty of a page.
    """

    name: str
    path: Path
    what: str
    provenance: Mapping[str, Any]


def _names(folder: Path) -> list[str]:
    """Names of the files that the workflow shows in a scenario's folder, which may hold others of a person's own."""
    lists = [path.read_text(encoding="utf-8") for path in (folder / SENTINELS).glob("[0-9a-f]" * 32)]
    names = [name for text in lists for name in text.splitlines()]
    if "report.html" not in names:
        raise FileFormatError(f"{folder}: is no scenario with results; expected results/<scenario>/, or its name")
    return sorted(names)


def results_of(folder: Path) -> Iterator[Result]:
    """Return the files of a scenario, each as it was written by its own hash.

    Raises
    ------
    magbayes.data.container.FileFormatError
        The folder is none of a scenario, or a file of it is missing or damaged.
    """
    for name in _names(folder):
        path = folder / name
        if not path.is_file():
            raise FileFormatError(f"{path}: is missing; the same command of snakemake makes it anew")
        if path.suffix != ".h5":
            yield Result(name, path.resolve(), "report" if path.suffix == ".html" else "overview of the report", {})
            continue
        verify(path)
        with h5py.File(path) as file:
            provenance = json.loads(file.attrs["provenance"])
            yield Result(name, path.resolve(), f"{file.attrs['format']}, version {file.attrs['version']}", provenance)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_file(crate: ROCrate, result: Result, program: Any) -> None:
    """Add a file, and what made it."""
    source = result.provenance
    entity = crate.add_file(
        result.path,
        result.name,
        properties={
            "name": result.name,
            "description": result.what,
            "encodingFormat": FORMS[Path(result.name).suffix],
            "sha256": _sha256(result.path),
            "contentSize": str(result.path.stat().st_size),
            # A hash of all that it depends on: parameters, inputs, code, libraries.
            "identifier": result.path.stem,
        },
    )
    values = [(key, source[key]) for key in NOTED if key in source]
    if isinstance(engine := source.get("engine"), dict):
        values.append(("engine", " ".join(str(engine.get(key, "")) for key in ("engine", "version")).strip()))
    notes = [
        crate.add_jsonld({"@id": f"#{result.name}/{key}", "@type": "PropertyValue", "name": key, "value": value})
        for key, value in values
    ]
    if notes:
        entity["additionalProperty"] = notes
    if "time" in source:
        entity["dateCreated"] = source["time"]
        made = {"name": f"made {result.name}", "endTime": source["time"]}
        crate.add_action(program, f"#made/{result.name}", result=[entity], properties=made)


def _add_citations(crate: ROCrate, about: Mapping[str, Any]) -> list[Any]:
    """Return the works that whoever uses the program cites, and its authors."""
    for author in about["authors"]:
        name = author.get("name") or f"{author['given-names']} {author['family-names']}"
        kind = "Organization" if "name" in author else "Person"
        crate.root_dataset.append_to("author", crate.add_jsonld({"@id": f"#{name}", "@type": kind, "name": name}))
    return [
        crate.add_jsonld(
            {
                "@id": f"https://doi.org/{work['doi']}",
                "@type": "ScholarlyArticle" if work["type"] == "article" else "Report",
                "name": work["title"],
                "datePublished": str(work["year"]),
            }
        )
        for work in about["references"]
        if "doi" in work
    ]


def _program(crate: ROCrate) -> Any:
    """Add this package, with the versions of the libraries whose numbers enter ours."""
    about = metadata("magbayes")
    return crate.add_jsonld(
        {
            "@id": "#magbayes",
            "@type": "SoftwareApplication",
            "name": "magbayes",
            "softwareVersion": about["Version"],
            "license": f"https://spdx.org/licenses/{about['License-Expression']}",
            "softwareRequirements": [f"Python {platform.python_version()}", *libraries().split(", ")],
        }
    )


def _write(crate: ROCrate, path: Path) -> None:
    with replacing(path) as temporary:
        crate.write_zip(temporary)


def archive(folder: Path, file: Path, licence: str | None) -> str:
    """Write a scenario as an RO-Crate, whole or not at all; text that says what it holds.

    Parameters
    ----------
    folder
        Of the scenario.
    file
        ZIP to write; what is there is not overwritten.
    licence
        Of the results, an SPDX identifier such as CC-BY-4.0; None: that of this package.

    Raises
    ------
    ValueError
        The folder is no scenario, a file of it is missing or damaged, the archive is there already or no ZIP, or the
        library that writes it is not installed.
    """
    try:
        from rocrate.rocrate import ROCrate
    except ImportError:
        raise ValueError("archive: needs the library rocrate; pip install 'magbayes[archive]'") from None
    if file.suffix != ".zip":
        raise ValueError(f"{file}: is no name of an archive; expected one that ends with .zip")
    if file.exists():
        raise ValueError(f"{file}: is there already; expected a new name")
    results = list(results_of(folder))
    if (configuration := configuration_of(folder / "report.html")) is None:
        raise FileFormatError(f"{folder / 'report.html'}: holds no configuration; expected the report of a scenario")
    own = licence or metadata("magbayes")["License-Expression"]
    scenario = configuration["scenario"]
    crate = ROCrate()
    crate.name = f"Scenario {scenario} of magbayes"
    crate.description = (
        "Results of a scenario: devices simulated or measured, their compact models, and Bayesian neural networks on "
        "an array of them. report.html tells of them; the command in how_to_repeat.txt makes them again."
    )
    crate.license = crate.add_jsonld(
        {"@id": f"https://spdx.org/licenses/{own}", "@type": "CreativeWork", "name": own, "identifier": own}
    )
    program = _program(crate)
    with TemporaryDirectory() as folder_of_texts:
        _add_texts(crate, Path(folder_of_texts), configuration, results)
        for result in results:
            _add_file(crate, result, program)
        if (cited := ROOT / "CITATION.cff").is_file():
            crate.add_file(cited, "CITATION.cff", properties={"name": "how to cite", "sha256": _sha256(cited)})
            crate.root_dataset["citation"] = _add_citations(crate, yaml.safe_load(cited.read_text(encoding="utf-8")))
        _write(crate, file)
    return (
        f"{file}: {len(results)} files of {folder}, {file.stat().st_size / 1e6:.1f} MB, licence {own}"
        f"{'' if licence else ' (another: --license)'}"
    )


def _add_texts(crate: ROCrate, folder: Path, configuration: Mapping[str, Any], results: Sequence[Result]) -> None:
    """Add the configuration, and how to make the results again."""
    commits = sorted({str(of.provenance["git_commit"]) for of in results if "git_commit" in of.provenance})
    name = f"{configuration['scenario']}.yaml"
    steps = (f"commit {', '.join(commits)}", "pip install -e .", f"snakemake --cores 2 --configfile {name}")
    texts = {name: yaml.safe_dump(dict(configuration), sort_keys=False), "how_to_repeat.txt": "\n".join(steps) + "\n"}
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
        about = "configuration, all keys" if file == name else "commands that make the results again"
        form = "application/yaml" if file == name else "text/plain"
        properties = {"name": file, "description": about, "encodingFormat": form, "sha256": _sha256(folder / file)}
        crate.add_file(folder / file, file, properties=properties)
