"""What an operator is told when Praya will not go on: one sentence, no traceback."""


class Refused(Exception):
    """Praya will not do this; the text says why and what to do instead. Never holds a secret or a person."""
