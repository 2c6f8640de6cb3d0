"""A way on which a case goes by itself."""

from praya.definition.model import Model, Slug
from praya.kernel.expression import Expression


class Way(Model):
    """Where a case goes by itself: on entering a state, when the last department replied, when a party is heard of."""

    when: Expression | None = None
    to: Slug
