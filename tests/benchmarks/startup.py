"""Phases of a short job, 8 replicas of the disk for 1 ns; prints a JSON object of wall times in s."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

BEGIN = time.perf_counter()

EVENTS = {
    "/jax/core/compile/jaxpr_trace_duration": "tracing",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "lowering",
    "/jax/core/compile/backend_compile_duration": "compiling",
}


def main() -> None:
    """Time the imports, and the functions that a run goes through; what JAX compiles is told apart by its program."""
    phases: Counter[str] = Counter()
    last = BEGIN

    def done(name: str) -> None:
        nonlocal last
        last, begin = time.perf_counter(), last
        phases[name] += last - begin

    import jax

    done("import jax")
    from magbayes import micromag
    from magbayes.micromag.llg import coefficients, ensemble

    done("import micromag and ubermag")
    from tests.benchmarks import cases

    system = cases.disk()
    done("device")

    def note(event: str, duration: float, fun_name: str = "", **_: Any) -> None:
        if event in EVENTS:
            owner = "program" if "_run" in fun_name else "small programs"
            phases[f"{owner}: {EVENTS[event]}"] += duration

    def timed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            result = jax.block_until_ready(function(*args, **kwargs))
            phases[name] += time.perf_counter() - begin
            return result

        return wrapper

    watched = (
        (micromag.engines.native, "translate", "translate"),
        (ensemble, "lattice", "lattice"),
        (ensemble, "coefficients", "coefficients"),
        (coefficients, "couplings", "coefficients: couplings"),
        (coefficients.GridField, "matrix", "coefficients: dense matrix"),
        (ensemble, "_run", "program"),
    )
    jax.monitoring.register_event_duration_secs_listener(note)
    with contextlib.ExitStack() as stack:
        for place, attribute, name in watched:
            stack.enter_context(mock.patch.object(place, attribute, timed(getattr(place, attribute), name)))
        micromag.simulate(system, replicas=8, duration=1e-9, sample_interval=50e-12, seed=1)
    done("simulate")
    print(json.dumps(phases))


if __name__ == "__main__":
    main()
