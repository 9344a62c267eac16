"""A study and a design through SLURM: a cluster of one node on the loopback address, with our own profile."""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack
from importlib.util import find_spec

import pytest

from tests.workflow.conftest import ROOT, run, write_study
from tests.workflow.test_design import write_design

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue")
PATH = f"{os.environ['PATH']}:/usr/sbin"

missing = [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]
pytestmark = [
    pytest.mark.slurm,
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the daemons run as root"),
    pytest.mark.skipif(
        find_spec("snakemake_executor_plugin_slurm") is None, reason="no snakemake-executor-plugin-slurm"
    ),
]

CONFIGURATION = """
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
MinJobAge=3600
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=16000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def end(pid_file):
    """End a daemon that this module started, by the number that it left."""
    if pid_file.is_file() and (text := pid_file.read_text().strip()):
        os.kill(int(text), signal.SIGTERM)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The environment in which the commands of SLURM find the cluster."""
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(mode=0o700)
    key = folder / "munge" / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    values = {"folder": folder, "host": socket.gethostname().split(".")[0], "cores": os.cpu_count()}
    text = CONFIGURATION.format(**values, controller=free_port(), node=free_port())
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
    # The plugin takes SLURM's variables out of a job's environment before it calls srun there, this one too.
    srun = folder / "bin" / "srun"
    srun.parent.mkdir()
    real = shutil.which("srun", path=PATH)
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {real} "$@"\n', encoding="utf-8")
    srun.chmod(0o755)
    environment = {"PATH": f"{srun.parent}:{PATH}", "SLURM_CONF": str(folder / "slurm.conf")}
    munge = [f"--{name}-file={folder}/munge/{name}" for name in ("key", "pid", "log", "seed")]
    with ExitStack() as daemons:
        for pid_file, command in (
            (folder / "munge" / "pid", ["munged", "--force", f"--socket={folder}/munge/socket", *munge]),
            (folder / "slurmctld.pid", ["slurmctld"]),
            (folder / "slurmd.pid", ["slurmd"]),
        ):
            subprocess.run(command, env=os.environ | environment, check=True, timeout=60)
            daemons.callback(end, pid_file)
        # It waits for its turn, and that for the node.
        answer = subprocess.run(["srun", "true"], env=os.environ | environment, timeout=120, check=False)
        assert answer.returncode == 0, (folder / "slurmctld.log").read_text()
        yield environment


def run_on(cluster, folder, *arguments):
    """Run the workflow on the cluster to its end."""
    answer = run(
        folder,
        *(*arguments, "--profile", str(ROOT / "workflow" / "profiles" / "slurm")),
        # There is no accounting in this cluster, and no delay in its file system.
        *("--slurm-status-command", "squeue", "--latency-wait", "10", "--slurm-init-seconds-before-status-checks", "5"),
        timeout=1800,
        **cluster,
    )
    assert answer.returncode == 0, answer.stderr


def states_on(cluster):
    """States of all jobs: not locally, by mistake; SLURM itself says what it ran, and to which end."""
    listing = subprocess.run(
        ["squeue", "--states=all", "--noheader", "--format=%T %j"],
        env=os.environ | cluster, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line.split()[0] for line in listing.stdout.splitlines() if not line.endswith(" true")]


def test_a_study_on_slurm(cluster, tmp_path):
    path = write_study(tmp_path)
    before = len(states_on(cluster))
    run_on(cluster, tmp_path, "study", "--config", f"study={path}")
    assert len((tmp_path / "results" / "studies" / "tiny" / "table.csv").read_text().splitlines()) == 3
    assert states_on(cluster) == ["COMPLETED"] * (before + 2)


def test_a_design_on_slurm(cluster, finished_study, tmp_path):
    """Two points, whose devices are those of the study: a job each, and one for the pages; proposals are made here."""
    shutil.copytree(finished_study[0] / "results" / "store", tmp_path / "results" / "store")
    changes = {"parameters": {"smtj.damping": [0.3, 0.4]}, "constraints": {}, "points": 2, "batch": 2}
    path = write_design(tmp_path, **changes)
    before = len(states_on(cluster))
    run_on(cluster, tmp_path, "design", "--config", f"design={path}")
    assert len((tmp_path / "results" / "designs" / "tiny" / "table.csv").read_text().splitlines()) == 3
    assert states_on(cluster) == ["COMPLETED"] * (before + 3)
