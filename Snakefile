"""From the physics of two spintronic devices to a Bayesian neural network accelerator: see workflow/Snakefile."""


include: "workflow/Snakefile"
