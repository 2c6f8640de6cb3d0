"""Panels: members judge cases independently, by weighted criteria and without knowing the applicant."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.form import seeing
from praya.definition.model import Keyed, Model, Name, Path, Plain, Slug
from praya.definition.own_words import WORDS
from praya.definition.questions import LongTextQuestion, NumberQuestion, Question
from praya.definition.source import Message, unknown
from praya.kernel.expression import nearest
from praya.kernel.text import Text, spoken

OWN = frozenset({"closed", "score", "spread", "given"})
"""What expressions read of a case's judging, beside the mean of each criterion."""
COMMENT = "_comment"
"""After the name of a criterion: the name of its comment."""
# Answers of these types can identify people.
IDENTIFYING = frozenset({"person-name", "email", "phone", "address", "identifier", "signature"})


class Criterion(Model):
    """A criterion for which members give marks."""

    name: Name
    label: Text
    hint: Text | None = None
    min: Plain = Decimal(0)
    max: Plain = Decimal(10)
    decimals: int = Field(0, ge=0, le=2)
    weight: int = Field(1, ge=1, le=1000)
    comment: Literal["required", "optional", "none"] = "optional"

    @model_validator(mode="after")
    def _has_a_scale(self) -> "Criterion":
        if self.min >= self.max:
            raise ValueError("'max' must be more than 'min'")
        return self


class Panel(Model):
    """A panel: officers with a role in a community or in the department, or else the members who are invited."""

    name: Name
    label: Text
    says: Text | None = None
    community: Slug | None = None
    role: Slug | None = None
    chair: Slug | None = None
    sees: tuple[Name, ...] = ()
    blind: bool = True

    @property
    def invited(self) -> bool:
        """Whether its members are invited by e-mail."""
        return self.community is None and self.role is None


class Judging(Model):
    """The judging of the cases in a state by a panel, from one day to the end of another."""

    panel: Name
    from_date: date = Field(alias="from")
    until: date
    judges: int | None = Field(None, ge=1, le=50)
    quorum: int | None = Field(None, ge=1, le=50)
    normalise: Literal["none", "z-score", "rank"] = "none"
    criteria: Annotated[dict[str, Criterion], Keyed] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _has_days(self) -> "Judging":
        if self.until < self.from_date:
            raise ValueError("'until' is before 'from'")
        if self.judges and self.quorum and self.quorum > self.judges:
            raise ValueError("'quorum' is more than 'judges'")
        return self

    @cached_property
    def asks(self) -> tuple[Question, ...]:
        """The questions to a member about an entry: for each criterion the marks and the comment."""
        return tuple(question for one in self.criteria.values() for question in _questions_of(one))


def _questions_of(one: Criterion) -> Iterator[Question]:
    scale = _text("criterion_scale", lambda _: {"min": one.min, "max": one.max})
    yield NumberQuestion(
        type="number", name=one.name, label=one.label, hint=one.hint or scale, min=one.min, max=one.max,
        decimals=one.decimals,
    )  # fmt: skip
    if one.comment != "none":
        label = _text("criterion_comment", lambda language: {"criterion": one.label.in_(language)})
        yield LongTextQuestion(
            type="long-text", name=one.name + COMMENT, label=label, max_length=2000, optional=one.comment == "optional"
        )


def _text(word: str, values: Callable[[str], Mapping[str, Any]]) -> Text:
    return Text({language: WORDS[word].in_(language).format(**values(language)) for language in spoken()})


def reads_as(state: str) -> str:
    """The name of a state after `judged.`, where a hyphen would be a minus."""
    return state.replace("-", "_")


class OfService(Model):
    """The panels of a service."""

    panels: Annotated[dict[str, Panel], Keyed] = {}

    @model_validator(mode="before")
    @classmethod
    def _see_pages(cls, data: Any) -> Any:
        """Insert the questions of the pages that members see."""
        panels, form = (data.get("panels"), data.get("form")) if isinstance(data, dict) else (None, None)
        if not isinstance(panels, dict) or not isinstance(form, list | tuple):
            return data
        return {**data, "panels": {name: seeing(panel, form) for name, panel in panels.items()}}


class OfState(Model):
    """The judging of the cases in a state."""

    judging: Judging | None = None


class OfStory(Model):
    """The number of members of each panel in a story. The first member is the chair."""

    panels: dict[Name, Annotated[int, Field(ge=1, le=100)]] = {}


class OfStep(Model):
    """What a member of a panel does in a story."""

    judge: int | None = Field(None, ge=1, le=100)
    conflict: str | None = None
    chair: Plain | None = None


class OfExpect(Model):
    """What an example expects of the judging of its case."""

    judged: dict[Name, Plain | Literal["open", "none"]] | None = None
    judges: int | None = None


def problems(whole: Whole) -> Problems:
    """Check panels, what their members see, the judging of states, and the expressions that read it."""
    service = whole.service
    used = {state.judging.panel for state in service.flow.states.values() if state.judging}
    for panel in service.panels.values():
        path: Path = ("panels", panel.name)
        if panel.name not in used:
            yield (
                path,
                Message("never-used", f"no state has 'judging: {{panel: {panel.name}, ...}}'; take the panel out"),
            )
        yield from _sees(service, panel, path)
        if panel.chair and panel.invited:
            message = "the chair of invited members is named when they are invited; take 'chair' out"
            yield (*path, "chair"), Message("not-possible", message)
    seen: dict[str, str] = {}
    for state in service.flow.states.values():
        if (judging := state.judging) is None:
            continue
        path = ("flow", "states", state.name, "judging")
        if judging.panel not in service.panels:
            yield (*path, "panel"), unknown("panel", judging.panel, service.panels)
        if state.final:
            message = "a final state has no 'judging': the case has ended; take it out, or 'final: true'"
            yield path, Message("final-state", message)
        if not state.next and getattr(state, "ranking", None) is None:
            message = (
                "when judging is over nothing happens: add 'ranking', or 'next' with conditions on "
                f"'judged.{reads_as(state.name)}.score'"
            )
            yield path, Message("never-ends", message)
        for name in judging.criteria:
            if name in OWN:
                message = (
                    f"'judged.{reads_as(state.name)}.{name}' is every judging's own; give the criterion another name"
                )
                yield (*path, "criteria", name), Message("named-twice", message)
            if name.endswith(COMMENT):
                message = f"a name that ends in '{COMMENT}' is that of a comment; give the criterion another name"
                yield (*path, "criteria", name), Message("named-twice", message)
        other = seen.setdefault(reads_as(state.name), state.name)
        if other != state.name:
            message = f"'{other}' is 'judged.{reads_as(other)}' too; give one of the states another name"
            yield path, Message("named-twice", message)
    rounds = {reads_as(s.name): s.judging for s in service.flow.states.values() if s.judging}
    for path, expression in whole.expressions:
        for names in expression.deepest:
            if names[0] == "judged" and len(names) > 2 and names[1] in rounds:
                known = {*OWN, *rounds[names[1]].criteria}
                if names[2] not in known:
                    message = f"'judged.{names[1]}.{names[2]}' does not exist{nearest(names[2], sorted(known))}"
                    yield path, Message("unknown-name", message)


def _sees(service: Any, panel: Panel, path: Path) -> Problems:
    for index, name in enumerate(panel.sees):
        question = service.questions.get(name)
        if question is None:
            yield (*path, "sees", index), unknown("question", name, service.questions)
        elif panel.blind and (question.personal or question.type in IDENTIFYING):
            message = (
                f"'{name}' tells who applied, and the panel judges without knowing; take it out, or write "
                "'blind: false'"
            )
            yield (*path, "sees", index), Message("not-possible", message)


def in_pack(service: Any, pack: Any) -> Problems:
    """Check that the communities and roles of panels are in the pack."""
    for panel in service.panels.values():
        path: Path = ("panels", panel.name)
        if panel.community is not None and panel.community not in pack.communities:
            yield (*path, "community"), unknown("community", panel.community, pack.communities)
            continue
        roles = pack.communities[panel.community].roles if panel.community else pack.all_roles.of_departments()
        for word in ("role", "chair"):
            if (role := getattr(panel, word)) is not None and role not in roles:
                yield (*path, word), unknown("role", role, roles)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that an example's expectation names only states in which cases are judged."""
    known = {reads_as(state.name) for state in service.flow.states.values() if state.judging}
    for name in expect.judged or {}:
        if name not in known:
            yield (*path, "judged", name), unknown("state with 'judging'", name, known)


def step_problems(service: Any, step: Any, path: Path) -> Problems:
    """Check the panels of a story, and the steps of their members."""
    if not path:
        for name in step.panels:
            if name not in service.panels:
                yield ("panels", name), unknown("panel", name, service.panels)
        return
    if step.conflict is not None and step.judge is None:
        message = "say which member: 'judge: 2' is the second to whom the entry was given"
        yield (*path, "conflict"), Message("missing-word", message)
    if (step.judge is not None or step.chair is not None) and not service.panels:
        yield path, Message("not-possible", "nobody judges: the service has no 'panels'")
    if step.judge is not None and step.conflict is None and not step.applies:
        asked = {q.name for state in service.flow.states.values() if state.judging for q in state.judging.asks}
        for name in step.answers:
            if asked and name not in asked:
                yield (*path, "answers", name), unknown("criterion", name, asked)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `judged.` in expressions."""
    return {"judged": {reads_as(state.name) for state in service.flow.states.values() if state.judging}}


def shapes(service: Any) -> Mapping[str, Any]:
    """The structure of `judged` in expressions, by state."""
    rounds = {s.name: s.judging for s in service.flow.states.values() if s.judging}
    return {
        "judged": {reads_as(name): dict.fromkeys((*sorted(OWN), *judging.criteria)) for name, judging in rounds.items()}
    }


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The panels of a definition's JSON by their names."""
    return {"panel": {name: {k: v for k, v in one.items() if k != "name"} for name, one in data["panels"].items()}}


def judgings(service: Any) -> Iterator[tuple[str, Judging]]:
    """The states in which cases are judged, each with its judging."""
    for state in service.flow.states.values():
        if state.judging is not None:
            yield state.name, state.judging


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "panels": (
            "Who judges cases, by name. See Panel.",
            {
                "jury": {
                    "label": {"en": "Jury", "zh-hant": "評審團"},
                    "community": "arts-panel",
                    "chair": "panel-chair",
                    "sees": ["shop_name"],
                }
            },
        ),
    },
    "Panel": {
        "name": ("Its name; written as the key.", "jury"),
        "label": ("What it is called.", {"en": "Jury", "zh-hant": "評審團"}),
        "says": (
            "What its members read before they judge.",
            {"en": "Give marks for the idea, not for its presentation.", "zh-hant": "請按構思評分，不計表達技巧。"},
        ),
        "community": ("Members are the officers with a role in this community of the pack.", "arts-panel"),
        "role": (
            "Members are those with this role only: in the community, or, without one, in the service's department.",
            "panel-member",
        ),
        "chair": (
            "The role of whoever moderates: sees how far marks lie apart, and may set a result with a reason.",
            "panel-chair",
        ),
        "sees": (
            "The answers that members read, by question or page; no others. Files among them are opened too.",
            ["shop_name"],
        ),
        "blind": (
            "Members do not learn who applied: what identifies somebody may not stand in `sees`. `false` allows it.",
            False,
        ),
    },
    "State": {
        "judging": (
            (
                "A panel judges the cases in this state. When it is over, `next` is looked at once more, and "
                "`ranking` can be held. See Judging."
            ),
            {
                "panel": "jury",
                "from": date(2027, 3, 1),
                "until": date(2027, 3, 20),
                "judges": 3,
                "criteria": {"idea": {"label": {"en": "Idea", "zh-hant": "構思"}, "weight": 60}},
            },
        ),
    },
    "Judging": {
        "panel": ("Which panel.", "jury"),
        "from": (
            (
                "The day on which entries are given to members: at nine in the morning, to each the same number of "
                "entries as nearly as conflicts allow. Who comes later is given out then."
            ),
            date(2027, 3, 1),
        ),
        "until": (
            (
                "The last day. Judging is over on the next morning at nine, provided that each entry has its quorum; "
                "otherwise it stays open and an operator and the department are told."
            ),
            date(2027, 3, 20),
        ),
        "judges": ("How many members judge each entry; without it all do.", 3),
        "quorum": ("How many must have given marks, so that there is a result; without it all `judges`.", 2),
        "normalise": (
            (
                "How strict and generous members are evened out. `z-score`: a member's marks are moved and stretched "
                "to the mean and the spread of all. `rank`: an entry gets, of each member, the share of their entries "
                "that it is better than."
            ),
            "z-score",
        ),
        "criteria": (
            "What marks are given for, by name. The score is the weighted mean in hundredths of the scale: 0 to 100.",
            {"idea": {"label": {"en": "Idea", "zh-hant": "構思"}, "weight": 60}},
        ),
    },
    "Criterion": {
        "name": ("Its name; written as the key.", "idea"),
        "label": ("What it is called.", {"en": "Idea", "zh-hant": "構思"}),
        "hint": ("A sentence below it.", {"en": "Is it new?", "zh-hant": "是否具新意？"}),
        "min": ("The lowest mark.", 0),
        "max": ("The highest mark.", 10),
        "decimals": ("How many decimals a mark may have.", 1),
        "weight": ("How much it counts beside the others.", 60),
        "comment": ("Whether members say why: required, optional or none.", "required"),
    },
    "Example": {
        "panels": (
            "How many members the panels of this story have; they are invented. Each may chair.",
            {"jury": 7},
        ),
    },
    "Step": {
        "judge": (
            (
                "A member of the panel gives the marks in `answers`: 1 is the first to whom the entry was given. Who "
                "comes in for somebody with a conflict has the next number."
            ),
            2,
        ),
        "conflict": ("The member declares a conflict of interest instead, with this reason.", "My sister applied."),
        "chair": ("The chair sets the score, for the `reason` of the step.", 72),
    },
    "Expect": {
        "judged": (
            "The score of the case in the states in which it was judged; open before that is over, none without marks.",
            {"first_round": 72},
        ),
        "judges": ("To how many members the entry is given now; whoever declared a conflict is not among them.", 3),
    },
}
NAMES = {
    "judged": (
        (
            "What a panel found in a state, by the state's name with _ for -: `judged.first_round.score` (0 to 100), "
            "`.spread` (between the highest and the lowest member), `.given` (how many gave marks), `.closed`, and the "
            "mean of each criterion from 0 to 100: `.idea`. Unknown until judging is over."
        ),
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="panels",
    service=(Words(model=OfService, at=1010),),
    states=(Words(model=OfState, at=1010),),
    stories=(Words(model=OfStory, at=1010),),
    steps=(Words(model=OfStep, at=1010),),
    expect=(Words(model=OfExpect, at=1010),),
    parts=(Panel, Judging, Criterion),
    problems=problems,
    in_pack=in_pack,
    story_problems=story_problems,
    step_problems=step_problems,
    errors=("not_given", "not_open"),
    members=members,
    shapes=shapes,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
