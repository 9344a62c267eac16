"""The native engine: a batched stochastic Landau-Lifshitz-Gilbert solver in JAX."""
