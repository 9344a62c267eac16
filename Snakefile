"""From the physics of two spintronic devices to a Bayesian neural network accelerator: see workflow/Snakefile."""


include: "workflow/Snakefile"


workflow.default_target = "all"  # that of a file that is included does not count
