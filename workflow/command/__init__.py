"""The console command: ``magbayes``, or ``python -m magbayes``."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from magbayes.workflow.terminal import say

SNAKEFILE = Path(__file__).parents[1] / "Snakefile"
"""The workflow, where this package is installed."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="magbayes", description="From two spintronic devices to a Bayesian network.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("info", help="engines, cores, memory, versions and a short self-check")
    commands.add_parser("show", help="what a compact model file holds").add_argument("file")
    pair = commands.add_parser("compare", help="two scenarios, or two compact model files, beside each other")
    pair.add_argument("one", help="folder of a scenario, its name below results/, or a file of compact models")
    pair.add_argument("other", help="what is compared with it, of the same kind")
    pair.add_argument("--html", metavar="FILE", help="page to write, of two scenarios")
    made = commands.add_parser("import", help="compact models of measured devices, from their data sheets")
    for device in ("smtj", "dwmtj"):
        made.add_argument(
            f"--{device}",
            required=True,
            metavar="FILE",
            help="data sheet (.yaml), compact models (.h5) to take it from, or a published device of data/devices",
        )
    made.add_argument("--seed", type=int, default=1, help="of the draws in which errors of measurements travel")
    made.add_argument("output", help="file of compact models to write")
    sheet = commands.add_parser("sheet", help="data sheets of measured devices to fill in, in a folder")
    sheet.add_argument("folder")
    sheet.add_argument("--of", metavar="FILE", help="those of a compact model file, in place of the template")
    export = commands.add_parser(
        "export", help="devices for a circuit simulator, or components of an accelerator, on standard output"
    )
    export.add_argument("file", help="compact models; for accelforge an accelerator's results")
    export.add_argument("--to", choices=["spice", "verilog-a", "accelforge"], required=True)
    export.add_argument(
        "--integration-time",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="time over which a circuit averages, for which the width is to be as measured; 0 is the instant",
    )
    crate = commands.add_parser("archive", help="a scenario and its provenance in one ZIP (RO-Crate)")
    crate.add_argument("scenario", help="folder of a scenario, or its name below results/")
    crate.add_argument("file", help="ZIP to write")
    crate.add_argument(
        "--license", metavar="SPDX", help="licence of the results, CC-BY-4.0 for one; else this package's"
    )
    commands.add_parser("schema", help="every dataset of a compact model file: path, shape, unit and meaning")
    commands.add_parser("run", help="the workflow, in this folder; takes what snakemake takes", add_help=False)
    return parser


def environment() -> dict[str, str]:
    """Environment of Snakemake, which needs a user's name and a home for its caches: a container may give neither."""
    variables = dict(os.environ)
    if not os.access(os.path.expanduser("~"), os.W_OK):
        variables["HOME"] = os.path.abspath(".snakemake/home")
    try:
        getpass.getuser()
    except (KeyError, OSError):
        variables["LOGNAME"] = str(os.getuid())
    return variables


def run_workflow(arguments: Sequence[str]) -> int:
    """Run Snakemake on the installed workflow, in the current folder; returns its exit status."""
    from magbayes.workflow.sources import ConfigurationError, check_arguments

    try:
        check_arguments(arguments)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), *arguments]
    with subprocess.Popen(command, env=environment()) as process:
        while True:
            # Ctrl-C reaches Snakemake too, which ends its jobs and says so.
            with contextlib.suppress(KeyboardInterrupt):
                return process.wait()


def compared(one: str, other: str, html: str | None) -> str:
    """Text that puts two scenarios, or two files of compact models, beside each other.

    Raises
    ------
    ValueError
        One is a file and the other a scenario, or a page of two files is asked for.
    """
    files = [Path(name).suffix == ".h5" for name in (one, other)]
    if not any(files):
        from magbayes.workflow.command import scenarios

        return scenarios.differences(one, other, html)
    if html is not None:
        raise ValueError(f"--html {html}: is of two scenarios; {one} and {other} are compared without it")
    from magbayes.compact_models.store import load
    from magbayes.workflow.command import models

    return models.differences(load(one), load(other))


def about_models(options: argparse.Namespace) -> str:
    """Text that a command on files prints."""
    from magbayes.compact_models.exports import LANGUAGES
    from magbayes.compact_models.store import load
    from magbayes.workflow.command import models

    match options.command:
        case "schema":
            return models.schema() + "\n"
        case "show":
            return models.show(load(options.file)) + "\n"
        case "compare":
            return compared(options.one, options.other, options.html) + "\n"
        case "import":
            return models.imported(options.smtj, options.dwmtj, options.seed, options.output) + "\n"
        case "archive":
            from magbayes.workflow.command.archive import archive
            from magbayes.workflow.view import folder_of

            return archive(folder_of(options.scenario), Path(options.file), options.license) + "\n"
        case "sheet":
            return models.sheets(options.folder, options.of) + "\n"
    if options.to == "accelforge":
        from magbayes.system.evaluation.components import accelforge
        from magbayes.system.evaluation.results import read_evaluation

        return accelforge(read_evaluation(options.file))
    return LANGUAGES[options.to](load(options.file), options.integration_time)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["run"]:
        # Everything behind it is Snakemake's, --help too.
        return run_workflow(given[1:])
    options = _parser().parse_args(given)
    if options.command == "info":
        from magbayes.workflow.command.info import info

        return info()
    try:
        error: Exception | None = say(about_models(options), end="")
    except (ValueError, OSError) as caught:  # damaged, foreign, of another version, not to be opened or compared
        error = caught
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if error is None:
        return 0
    print(" ".join(str(error).split()), file=sys.stderr)
    return 1
