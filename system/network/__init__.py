"""Networks: the probabilistic model, its training, the posterior, and what stands beside it."""
