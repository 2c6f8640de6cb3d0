"""Parties: inviting people to a case, the state of their invitations, and their answers."""

from collections.abc import Mapping
from typing import Any

from praya.blocks.parties import api as parties
from praya.definition.flow import Action, Effects
from praya.definition.questions import Answered
from praya.journey import party_invitations
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Reading
from praya.kernel.text import Text

STANDING = ("waiting", "declined", "lapsed", "given")
"""States of an invitation. Of several people the first of these that one is in is the state of the party."""


def _invite(effects: Effects, now: Occasion) -> None:
    # A state that is come back to, or a timer that reminds, asks nobody again who has given; an action does.
    again = isinstance(effects, Action)
    party_invitations.invite(effects.invite, now.case, now.pack, look=now.look, again=again, at=now.at, by=now.by)


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """Answer how those who take part stand, and what they gave."""
    if not reading.service.parties:
        return {"parties": {}}, {}
    invitations = parties.newest(parties.of_case(reading.case.ref))
    given = parties.answers_of_case(reading.case.ref) if any(one.state == "given" for one in invitations) else {}
    by_party = {}
    for party in reading.service.parties.values():
        each = [
            {"state": one.state, "answers": Answered(party.questions.values(), given.get(one.ref, {}), reading.look)}
            for one in invitations
            if one.party == party.name
        ]
        count = {state: sum(one["state"] == state for one in each) for state in STANDING}
        by_party[party.name] = {
            "state": _state(count),
            "answers": each[0]["answers"] if each and not party.several else Answered(party.questions.values(), {}),
            "each": each,
            "all": len(each),
            **count,
        }
    return {"parties": by_party}, {}


def _state(count: Mapping[str, int]) -> str:
    """Of several the state that keeps the case waiting, or stands in its way."""
    return next((state for state in STANDING if count[state]), "none")


def _standing(moment: Moment, expected: Mapping[str, str]) -> dict[str, str]:
    """The state of each party of which something is expected."""
    invitations = parties.newest(parties.of_case(moment.case.ref)) if moment.case else []
    states = {name: [one.state for one in invitations if one.party == name] for name in expected}
    return {
        name: _state({state: states_of_party.count(state) for state in STANDING})
        for name, states_of_party in states.items()
    }


CHAPTER = Chapter(
    effects=(Effect(30, ("invite",), _invite),),
    facts=_facts,
    expectations={"parties": _standing},
)
