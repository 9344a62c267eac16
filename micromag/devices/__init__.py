"""Devices: each is its own configuration and builds plain `micromagneticmodel` systems."""
