"""Acting on a case: an action, a reply, a party's response, the states that follow, and timers. One file each.

`linked` does each of them together with the cases around; `action` does what somebody chose; `referral_reply` and
`party_response` note what was waited for; `onward` leads the case on by itself; `timers` and `clock_events` do what
time asks. `outcome` carries out effects, `transition` moves the case, and `refusals` holds the reasons why something
cannot be done.
"""

from praya.journey.acting.action import check, open_actions
from praya.journey.acting.actors import SYSTEM, By, applicant, officer, respondent
from praya.journey.acting.deadlines import set_timers_anew
from praya.journey.acting.linked import act, begin, fire_timers, heard, look_onward, reply, run_errands, send_on
from praya.journey.acting.outcome import entry_changed
from praya.journey.acting.refusals import (
    COMMENT,
    REASON,
    AlreadyEntered,
    EntryChanged,
    GoesRound,
    NoReason,
    NotAllowed,
    NotAnswered,
    OwnCase,
    allowed,
    lines_kept,
)

__all__ = [
    "COMMENT",
    "REASON",
    "SYSTEM",
    "AlreadyEntered",
    "By",
    "EntryChanged",
    "GoesRound",
    "NoReason",
    "NotAllowed",
    "NotAnswered",
    "OwnCase",
    "act",
    "allowed",
    "applicant",
    "begin",
    "check",
    "entry_changed",
    "fire_timers",
    "heard",
    "lines_kept",
    "look_onward",
    "officer",
    "open_actions",
    "reply",
    "respondent",
    "run_errands",
    "send_on",
    "set_timers_anew",
]
