"""Cost of a Heun step of the disk in magnum.np, for `measure.magnumnp`; runs in an interpreter that has magnum.np.

Arguments: number of steps, then a JSON object of the disk. Prints a JSON object of times in s.
"""

import json
import sys
import time

import magnumnp as mn
import torch


def main() -> None:
    """Take two stages a step with magnum.np's own right-hand side; its Heun class does not fit its LLG solver."""
    start = time.perf_counter()
    steps, disk = int(sys.argv[1]), json.loads(sys.argv[2])
    torch.set_num_threads(1)
    state = mn.State(mn.Mesh(tuple(disk["n"]), tuple(disk["cell"])))
    mask = torch.tensor(disk["mask"])
    state.material = {
        "Ms": torch.where(mask, disk["saturation"], 0.0)[..., None],
        "A": torch.where(mask, disk["exchange"], 0.0)[..., None],
        "Ku": torch.where(mask, disk["anisotropy"], 0.0)[..., None],
        "Ku_axis": [0, 0, 1],
        "alpha": disk["damping"],
    }
    state.T = disk["temperature"]
    state.m = state.Constant([0, 0, 1])
    solver = mn.LLGSolver([mn.DemagField(), mn.ExchangeField(), mn.UniaxialAnisotropyField(), mn.ThermalField()])
    step = state._dt = disk["time_step"]

    def advance() -> None:
        m, t = state.m, state.t
        first = solver.dm(t, m, state)
        second = solver.dm(t + step, m + step * first, state)
        moved = m + 0.5 * step * (first + second)
        state.m, state.t = moved / torch.linalg.norm(moved, dim=-1, keepdim=True), t + step
        state._step += 1  # draws new noise

    advance()
    ready = time.perf_counter()
    times = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(steps):
            advance()
        times.append(time.process_time() - began)
    print(json.dumps({"step_time": min(times) / steps, "start": ready - start, "version": mn.__version__}))


if __name__ == "__main__":
    main()
