"""The array: what is written into its devices, how it is read, and what it predicts."""
