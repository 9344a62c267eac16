"""Protocols: what is done to a device, and what of it is recorded."""
