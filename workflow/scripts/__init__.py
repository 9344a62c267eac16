"""Scripts of the rules: each reads its job, calls the package and writes one file."""
