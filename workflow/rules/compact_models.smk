"""Compact models: what the raw ensembles say, with its uncertainty."""


rule fit:
    input:
        fluctuations=[f"{RESULTS}/{{part}}micromag/smtj/{point}.h5" for point in VOLTAGES],
        pulses=[f"{RESULTS}/{{part}}micromag/dwmtj/{point}.h5" for point in CURRENTS],
        rest=f"{RESULTS}/{{part}}micromag/dwmtj/rest.h5",
    output:
        f"{RESULTS}/{{part}}compact_models.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}compact_models.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}compact_models.tsv"
    params:
        configuration=lambda wildcards: {
            key: CONFIG.dump(key) for key in ("smtj", "fluctuation", "dwmtj", "pulses")
        }
        | {"engine": engine(wildcards), "seed": CONFIG.seed, "temperature": CONFIG.temperature},
    message:
        "Compact models"
    script:
        "../scripts/fit_compact_models.py"
