"""Who takes part in a case beside the applicant and officers: what they may read, and the section that they fill."""

from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from praya.definition.form import Page
from praya.definition.model import Name, Several
from praya.definition.questions import AnyQuestion, reads_of
from praya.definition.reasoning import Node, Reads, in_order
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text

ITEM = "item."
Seen = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*\.)?[a-z][a-z0-9_]*$", max_length=81)]
"""A question of the applicant's; `item.` and one of the repeat of which each item is a party; a party, `.`, its own."""


class Party(Several):
    """Somebody whom the applicant names and who fills a section of their own: a doctor, a guardian, an employer."""

    name: Name
    label: Text
    says: Text | None = None
    email: Expression | None = None
    holder: bool = False
    called: Expression | None = None
    when: Expression | None = None
    sees: tuple[Seen, ...] = ()
    within: Length | None = None
    on_opening: bool = True
    form: tuple[Page, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_somebody(self) -> "Party":
        if (self.email is None) != self.holder:
            raise ValueError("say who it is: 'email', or 'holder: true' for the present holder of the entry")
        return self

    @cached_property
    def questions(self) -> dict[str, AnyQuestion]:
        """The questions of the section by name, repeats not opened."""
        return {question.name: question for page in self.form for question in page.questions}

    @cached_property
    def sees_answers(self) -> tuple[str, ...]:
        """The applicant's answers that it may read."""
        return tuple(name for name in self.sees if "." not in name)

    @cached_property
    def sees_of_item(self) -> tuple[str, ...]:
        """What it may read of the item for which it is invited."""
        return tuple(name.removeprefix(ITEM) for name in self.sees if name.startswith(ITEM))

    @cached_property
    def sees_of_others(self) -> tuple[tuple[str, str], ...]:
        """What it may read of what other parties gave: the party and its question."""
        pairs = (name.partition(".") for name in self.sees if "." in name and not name.startswith(ITEM))
        return tuple((party, question) for party, _, question in pairs)

    @cached_property
    def reads(self) -> Reads:
        """What each derived answer of the section reads."""
        return reads_of(self.questions.values())

    @cached_property
    def worked_out(self) -> tuple[Node, ...]:
        """The derived answers of the section, each after what it reads."""
        return in_order(self.reads)
