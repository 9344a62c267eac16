"""Paths of least energy between two states of a system, and the rates at which heat takes it over the barrier."""
