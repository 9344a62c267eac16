"""Designs: what a device is to be good at, and the search for the parameters that make it so, round after round."""
