"""What this code adds to bare OOMMF: ``python -m tests.benchmarks.oommf_overhead [--replicas N] [--rounds N]``.

The same MIF files, with the same seeds and as many at a time, are run by OOMMF alone and by `micromag.simulate`, in
turn; wall times are compared.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from magbayes.micromag import StochasticMTJ, simulate
from magbayes.micromag.engines import oommf

SAMPLES = {"samples": 480, "interval": 50e-12}


def bare(system, time_step: float, replicas: int) -> float:
    """Seconds that OOMMF needs by itself for all replicas."""
    program = oommf.require()
    with tempfile.TemporaryDirectory() as work:
        folders = [Path(work) / str(index) for index in range(replicas)]
        for seed, folder in enumerate(folders, start=1):
            folder.mkdir()
            text = oommf.mif(system, folder, time_step=time_step, states=False, **SAMPLES)
            (folder / "case.mif").write_text(oommf.seeded(text, seed))

        def run(folder: Path) -> None:
            command = [*program.start(folder), "boxsi", "+fg", "case.mif", "-exitondone", "1", "-threads", "1"]
            subprocess.run(
                command,
                cwd=folder,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
            )

        begin = time.perf_counter()
        with ThreadPoolExecutor(oommf.processes()) as pool:
            list(pool.map(run, folders))
        return time.perf_counter() - begin


def main() -> None:
    """Print both times and their ratio, a line a round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    system = StochasticMTJ(damping=0.25).system(voltage=0.0, temperature=300.0)
    duration = SAMPLES["samples"] * SAMPLES["interval"]
    ratios = []
    for _ in range(options.rounds):
        ours = simulate(
            system,
            replicas=options.replicas,
            duration=duration,
            sample_interval=SAMPLES["interval"],
            seed=1,
            engine="oommf",
        ).meta
        alone = bare(system, ours["time_step"], options.replicas)
        ratios.append(ours["wall_time"] / alone)
        print(f"OOMMF alone {alone:.1f} s, through simulate {ours['wall_time']:.1f} s: {ratios[-1]:.3f}", flush=True)
    half = np.ptp(ratios) / 2
    print(f"{options.replicas} replicas on {os.cpu_count()} cores: ratio {statistics.median(ratios):.3f} ± {half:.3f}")


if __name__ == "__main__":
    main()
