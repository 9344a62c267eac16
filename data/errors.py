"""Errors that every floor knows, so that no floor has to load another to tell them apart."""


class EngineError(RuntimeError):
    """An engine could not finish a run; the message says what to look at."""
