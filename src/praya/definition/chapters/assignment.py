"""Assignment: to which officer a case is given, by role and by how many cases each has."""

from typing import Any

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import MATTER, Deed, Model, Name, Path, Slug
from praya.definition.source import unknown
from praya.kernel.expression import Expression


class Assigned(Model):
    """To whom a case is given: of the department's officers with a role, whoever has the fewest open cases."""

    role: Slug = "officer"
    when: Expression | None = None
    unlike: Deed | None = None


class OfEffects(Model):
    """To whom the case is given; the first that fits."""

    assign: tuple[Assigned, ...] = ()


class OfStory(Model):
    """The officers of a story by name, each with their roles in the department."""

    officers: dict[Name, tuple[Slug, ...]] = {}


class OfExpect(Model):
    """Whose the case is: an officer of the story, or `nobody`."""

    assigned_to: Name | None = None


def problems(whole: Whole) -> Problems:
    """Check that the actions whose officer is passed over exist."""
    actions = sorted({name for state in whole.service.flow.states.values() for name in state.actions})
    for path, effects in whole.effects:
        for index, one in enumerate(effects.assign):
            if one.unlike is not None and not one.unlike.startswith(MATTER) and one.unlike not in actions:
                yield (*path, "assign", index, "unlike"), unknown("action", one.unlike, actions)


def in_pack(service: Any, pack: Any) -> Problems:
    """Check that the roles are roles in departments of the pack."""
    roles = pack.all_roles.of_departments()
    for state in service.flow.states.values():
        here: Path = ("flow", "states", state.name)
        for path, effects in [
            (here, state),
            *(((*here, "actions", action.name), action) for action in state.actions.values()),
            *(((*here, "timers", number), timer) for number, timer in enumerate(state.timers)),
        ]:
            for index, one in enumerate(effects.assign):
                if one.role not in roles:
                    yield (*path, "assign", index, "role"), unknown("role", one.role, roles)


def step_problems(_service: Any, step: Any, path: Path) -> Problems:
    """Check that a story expects a case to be given to officers whom it has."""
    if not path:
        known = [*step.officers, "nobody"]
        moments: list[tuple[Path, Any]] = [(("expect",), step.expect)]
        moments += [(("steps", number, "expect"), one.expect) for number, one in enumerate(step.steps)]
        for where, expect in moments:
            if expect.assigned_to is not None and expect.assigned_to not in known:
                yield (*where, "assigned_to"), unknown("officer of the story", expect.assigned_to, known)


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Effects": {
        "assign": (
            (
                "To whom the case is given; of these the first that fits and for whom there is somebody. Whoever has "
                "the case and fits keeps it. Officers who are away, and those whom the case concerns, are passed over. "
                "Where nobody fits it waits in the department's queue. See Assigned."
            ),
            [{"role": "inspector", "when": "answers.kennels > 20"}, {"role": "officer"}],
        ),
    },
    "Assigned": {
        "role": (
            (
                "Among the officers of the department who have this role, or one that includes it, whoever has the "
                "fewest open cases gets the case. A skill, such as a language, is a role of the pack."
            ),
            "inspector",
        ),
        "when": ("Only when this holds.", "answers.kennels > 20"),
        "unlike": (
            (
                "Not to whoever did this action to the case: an appeal goes to another officer than the one who "
                "refused. Where the appeal is a case of its own, `matter.refuse` is the action on the case that it is "
                "about."
            ),
            "refuse",
        ),
    },
    "Example": {
        "officers": (
            (
                "The officers of the department in this story, by any name, with their roles; they are invented. Cases "
                "are given (`assign`) to these only, and steps say by `who` which of them acts."
            ),
            {"mei": ["officer"], "ka": ["officer", "supervisor"]},
        ),
    },
    "Expect": {
        "assigned_to": ("To which officer of the story the case is given, or nobody.", "mei"),
    },
}

CHAPTER = Chapter(
    name="assignment",
    effects=(Words(model=OfEffects, at=1060),),
    stories=(Words(model=OfStory, at=1060),),
    expect=(Words(model=OfExpect, at=1060),),
    parts=(Assigned,),
    problems=problems,
    in_pack=in_pack,
    step_problems=step_problems,
    reference=REFERENCE,
)
