"""The cell in other simulators of analog in-memory computing, which are imported by their adapter only."""
