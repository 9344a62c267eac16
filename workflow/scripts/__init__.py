"""Scripts of the rules: each makes one file, from the parameters and inputs of its job."""
