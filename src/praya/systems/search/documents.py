"""A document of the search."""

from dataclasses import dataclass

KINDS = ("service", "form", "register", "data", "topic", "page")
"""The kinds of documents, in the order of the filter. A kind `x` is displayed by the word `search.kind_x`."""
FACETS = ("kind", "topic", "department")
"""What divides documents: each has one value, or none."""
WEIGHTS = {"service": 0.8, "topic": 0.3}
"""How much a kind of document is preferred where the words are equally good."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its address after `/<lang>/`, and its texts by language. `words` are searched and not displayed."""

    kind: str
    url: str
    title: dict[str, str]
    text: dict[str, str]
    words: tuple[str, ...] = ()
    topic: str = ""
    department: str = ""
