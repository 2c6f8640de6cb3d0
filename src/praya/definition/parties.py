"""Who takes part in a case beside the applicant and officers: what they may read, and the section that they fill."""

from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from praya.definition.form import Page
from praya.definition.model import Model, Name
from praya.definition.questions import AnyQuestion
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text

ITEM = "item."
Seen = Annotated[str, StringConstraints(pattern=r"^(item\.)?[a-z][a-z0-9_]*$", max_length=45)]
"""A question of the applicant's, or `item.` and a question of the repeat of which each item is a party."""


class Party(Model):
    """Somebody whom the applicant names and who fills a section of their own: a doctor, a guardian, an employer."""

    name: Name
    label: Text
    says: Text | None = None
    email: Expression
    called: Expression | None = None
    when: Expression | None = None
    several: Expression | None = None
    sees: tuple[Seen, ...] = ()
    within: Length | None = None
    on_opening: bool = True
    form: tuple[Page, ...] = Field(min_length=1)

    @cached_property
    def questions(self) -> dict[str, AnyQuestion]:
        """The questions of the section by name, repeats not opened."""
        return {question.name: question for page in self.form for question in page.questions}

    @property
    def repeat(self) -> str | None:
        """The applicant's repeat of which each item is invited."""
        return self.several.source.removeprefix("answers.").strip() if self.several else None

    @cached_property
    def sees_answers(self) -> tuple[str, ...]:
        """The applicant's answers that it may read."""
        return tuple(name for name in self.sees if not name.startswith(ITEM))

    @cached_property
    def sees_of_item(self) -> tuple[str, ...]:
        """What it may read of the item for which it is invited."""
        return tuple(name.removeprefix(ITEM) for name in self.sees if name.startswith(ITEM))
