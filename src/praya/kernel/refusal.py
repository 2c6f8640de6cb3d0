"""Refusals: the sentence with which a command ends, instead of a traceback."""


class Refused(Exception):
    """A command or a start is refused. The text gives reason and remedy, and holds no secret and no personal data."""
