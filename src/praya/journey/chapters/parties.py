"""Parties: the people whom an effect invites to a case."""

from praya.definition.flow import Action, Effects
from praya.journey import party_invitations
from praya.journey.chapter import Chapter, Effect, Occasion


def _invite(effects: Effects, now: Occasion) -> None:
    # A state that is come back to, or a timer that reminds, asks nobody again who has given; an action does.
    again = isinstance(effects, Action)
    party_invitations.invite(effects.invite, now.case, now.pack, look=now.look, again=again, at=now.at, by=now.by)


CHAPTER = Chapter(effects=(Effect(30, ("invite",), _invite),))
