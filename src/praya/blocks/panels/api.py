"""The interface of panels: members, rounds, the entries given to each member, marks, conflicts and results.

A member who has declared a conflict in a case sees nothing of it: every function that returns seats, entries or counts
for a person leaves such cases out. Marks and comments are encrypted with the applicant's key, like officers' findings.
"""

from praya.blocks.panels.conflicts import conflicts_in, declare, declared_by, has_conflict, shut_to, shuts_out
from praya.blocks.panels.members import add_member, members, memberships, panels_of, remove_member
from praya.blocks.panels.results import (
    close,
    lacking_quorum,
    reason_of,
    scores,
    set_score,
    total_of,
    worked_out,
)
from praya.blocks.panels.rounds import (
    entries,
    entry,
    fill,
    forget_of_case,
    judged,
    leave,
    note_went_on,
    open_round,
    open_rounds,
    round_of,
    rounds_of_panel,
    rounds_of_service,
    unclosed,
    went_on,
)
from praya.blocks.panels.rules import Marks, Result, Scale, ticket
from praya.blocks.panels.seats import given_to, judgement, judges, mark, seat, seats, seats_of, worklist
from praya.blocks.panels.values import Entry, Judgement, Member, NoSeat, NotOpen, NotWhole, Round, Seat

__all__ = [
    "Entry",
    "Judgement",
    "Marks",
    "Member",
    "NoSeat",
    "NotOpen",
    "NotWhole",
    "Result",
    "Round",
    "Scale",
    "Seat",
    "add_member",
    "close",
    "conflicts_in",
    "declare",
    "declared_by",
    "entries",
    "entry",
    "fill",
    "forget_of_case",
    "given_to",
    "has_conflict",
    "judged",
    "judgement",
    "judges",
    "lacking_quorum",
    "leave",
    "mark",
    "members",
    "memberships",
    "note_went_on",
    "open_round",
    "open_rounds",
    "panels_of",
    "reason_of",
    "remove_member",
    "round_of",
    "rounds_of_panel",
    "rounds_of_service",
    "scores",
    "seat",
    "seats",
    "seats_of",
    "set_score",
    "shut_to",
    "shuts_out",
    "ticket",
    "total_of",
    "unclosed",
    "went_on",
    "worked_out",
    "worklist",
]  # fmt: skip
