"""Automatic transitions of a case."""

from praya.definition.model import Model, Slug
from praya.kernel.expression import Expression


class Way(Model):
    """An automatic transition: on entering a state, after the last department's reply, or after a party's answer."""

    when: Expression | None = None
    to: Slug
