"""Compact models: what the raw ensembles say, with its uncertainty."""


rule fit:
    input:
        fluctuations=[f"{RESULTS}/{{part}}micromag/smtj/{point}.h5" for point in GATES],
        pulses=[f"{RESULTS}/{{part}}micromag/dwmtj/{point}.h5" for point in PULSES],
        rest=f"{RESULTS}/{{part}}micromag/dwmtj/rest.h5",
        variation=f"{RESULTS}/{{part}}micromag/variation.h5",
    output:
        f"{RESULTS}/{{part}}compact_models.h5",
    log:
        f"logs/{CONFIG.scenario}/{{part}}compact_models.log",
    benchmark:
        f"logs/{CONFIG.scenario}/{{part}}compact_models.tsv"
    params:
        configuration=lambda wildcards: {
            key: CONFIG.dump(key) for key in ("smtj", "fluctuation", "dwmtj", "pulses", "variation")
        }
        | {"engine": engine(wildcards), "seed": CONFIG.seed, "temperature": CONFIG.temperature},
    message:
        "Compact models"
    script:
        "../scripts/fit_compact_models.py"
