"""Studies: what varies, the points that this makes, the jobs they become, and what is collected of them."""
