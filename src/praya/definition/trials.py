"""The names of services in the sandbox, and the marks in their texts."""

from praya.kernel.text import Text

PREFIX = "trial-"
REFERENCE = "ZZ"
"""With this begin the case numbers of every trial; no service of a pack begins so."""


def is_trial(name: str) -> bool:
    """Whether this is the name of a service in the sandbox."""
    return name.startswith(PREFIX)


def trial_name(name: str) -> str:
    """The name of a service in the sandbox."""
    return f"{PREFIX}{name}"[:60]


def real_name(name: str) -> str:
    """The name of the real service of a trial."""
    return name.removeprefix(PREFIX)


def marked(text: Text, mark: Text) -> Text:
    """A text with a mark before it, such as "Trial"."""
    return Text({language: mark.in_(language) + words for language, words in text.written.items()})
