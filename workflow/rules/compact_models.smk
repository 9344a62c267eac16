"""Compact models: what the raw ensembles say, with its uncertainty."""


rule fit:
    input:
        fluctuations=expand(f"{RESULTS}/micromag/smtj/{{point}}.h5", point=VOLTAGES),
        pulses=expand(f"{RESULTS}/micromag/dwmtj/{{point}}.h5", point=CURRENTS),
        rest=f"{RESULTS}/micromag/dwmtj/rest.h5",
    output:
        f"{RESULTS}/compact_models.h5",
    log:
        f"logs/{CONFIG.scenario}/compact_models.log",
    benchmark:
        f"logs/{CONFIG.scenario}/compact_models.tsv"
    params:
        configuration={key: CONFIG.dump(key) for key in ("smtj", "fluctuation", "dwmtj", "pulses")}
        | {"engine": CONFIG.engine, "seed": CONFIG.seed, "temperature": CONFIG.temperature},
    message:
        "Compact models"
    script:
        "../scripts/fit_compact_models.py"
