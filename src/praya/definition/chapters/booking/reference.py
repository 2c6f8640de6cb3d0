"""The sentences and examples of the reference about the words of booking."""

from datetime import date
from typing import Any

REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "booking": (
            "How places are booked, for a service that books. See Booking.",
            {
                "title": {"en": "Choose a time", "zh-hant": "選擇時間"},
                "places_label": {"en": "Office", "zh-hant": "辦事處"},
                "list": "vaccination-centres",
                "sessions": {"times": ["09:00"], "capacity": 4},
            },
        ),
    },
    "Booking": {
        "title": (
            "The heading of the page on which one books.",
            {"en": "Choose a time", "zh-hant": "選擇時間"},
        ),
        "places_label": (
            "What places are called.",
            {"en": "Office", "zh-hant": "辦事處"},
        ),
        "places": (
            "The places, written here.",
            [{"value": "sha-tin", "label": {"en": "Sha Tin Office", "zh-hant": "沙田辦事處"}}],
        ),
        "list": (
            "The name of one of the pack's lists, instead of places.",
            "vaccination-centres",
        ),
        "sessions": (
            (
                "When the places are open and how many persons they take: one block, or a list of several with their "
                "own days, times, places, class and capacity. Where several give the same session, the first counts."
            ),
            {"weekdays": ["mon", "wed"], "times": ["09:00", "10:00"], "capacity": 8},
        ),
        "visits": (
            "Visits that are booked together, in order. Without it there is one visit, called `visit`.",
            [
                {"name": "first", "label": {"en": "First", "zh-hant": "第一次"}},
                {"name": "second", "label": {"en": "Second", "zh-hant": "第二次"}, "after": "first", "days": [21, 28]},
            ],
        ),
        "party": (
            "An expression for how many persons come.",
            "1 + size(answers.companions)",
        ),
        "max_party": (
            "The greatest party.",
            4,
        ),
        "hold": (
            "How long places stay held while the form is finished.",
            "15 minutes",
        ),
        "once_per": (
            "An expression for whom or what has one live booking only; a list makes each of them have one.",
            "answers.hkid",
        ),
        "ahead": (
            "How far ahead one can book.",
            "14 days",
        ),
        "notice": (
            "How soon one can book.",
            "1 day",
        ),
        "weekly": (
            (
                "Booking is open only every week between two moments, for the whole of the following week. It "
                "replaces ahead and notice."
            ),
            {"opens": "wed", "opens_at": "09:00", "closes": "fri", "closes_at": "18:00"},
        ),
        "opens": (
            "From which day booking is open for whom; the earliest that fits counts.",
            [{"from": date(2026, 3, 1), "label": {"en": "Everyone", "zh-hant": "所有人士"}}],
        ),
        "runs_from": (
            "The first day of any session.",
            date(2026, 3, 1),
        ),
        "runs_until": (
            "The last day of any session.",
            date(2026, 12, 31),
        ),
        "move": (
            (
                "Whoever booked may choose other sessions on the page of the case. The new places are taken and the"
                " old ones given back at once, or nothing changes. Without it a booking is not moved."
            ),
            {"before": "2 days", "notify": ["moved"]},
        ),
        "mode": (
            "How places are given. First come, first served, is the only way so far.",
            "first-come",
        ),
        "first_day": (
            (
                "An expression for the first day that may be booked, within what ahead, notice and weekly allow. Null "
                "sets none."
            ),
            "answers.from_date",
        ),
        "last_day": (
            "An expression for the last day that may be booked, likewise; also where a booking is moved.",
            "entry.until",
        ),
        "one_at_a_time": (
            (
                "An expression for whom or what has no two bookings of the service that overlap, at whatever places; a "
                "list makes each of them have none. Unlike once_per it lets them book again for another time."
            ),
            "answers.hkid",
        ),
        "on_applying": (
            (
                "Whether one books on applying. Without it one does, unless an effect says `book`; with true also "
                "where such an effect lets people, or the department, choose another time later."
            ),
            True,
        ),
        "waiting_room": (
            (
                "Whoever comes to apply or to book waits in a queue, without touching the database. See WaitingRoom. "
                "Desk and API are not behind it."
            ),
            {"admits": 600},
        ),
        "release": (
            "Places are released in steps, day by day. See Release. It goes without `weekly`, and `ahead` is in days.",
            {"places": 20, "at": "09:00"},
        ),
        "hot": (
            (
                "Many people at once want the same few sessions: on PostgreSQL a web process then books for those who "
                "come at the same moment by one statement and one commit. The outcome is the same."
            ),
            True,
        ),
        "postpone": (
            "What happens to visits in sessions that are closed, such as by a typhoon. See Postpone.",
            {"days": 14, "notify": ["postponed"]},
        ),
    },
    "Postpone": {
        "days": (
            (
                "How many days after the closed one at most. Each visit moves to the first day with room at the same "
                "place, at the nearest time; later visits move only where their distance asks for it. Who finds no "
                "room stays on the list of the closed day."
            ),
            14,
        ),
        "notify": ("The letters that tell of the new time: `{booking.visits}`.", ["postponed"]),
    },
    "WaitingRoom": {
        "admits": ("How many persons it lets in each minute, as long as places are free.", 600),
        "gathers": (
            (
                "How long before booking opens (weekly, opens, release) it gathers those who come; when booking opens, "
                "their order is drawn by lot. Whoever comes later follows in the order of coming. It is at least as "
                "long as `stays`."
            ),
            "30 minutes",
        ),
        "stays": (
            "How long somebody who was let in may take to hold places; then the next is let in instead.",
            "20 minutes",
        ),
    },
    "Release": {
        "places": ("How many places of each session are added every day, until its capacity is reached.", 20),
        "at": ("At what time. The first are added on the day on which `ahead` reaches the session.", "09:00"),
    },
    "Move": {
        "before": (
            "Until how long before each visit. Without it the length of `notice`.",
            "2 days",
        ),
        "when": (
            "Only while this holds. It sees what the flow sees.",
            "case.state == 'booked'",
        ),
        "notify": (
            "The letters that tell of the new time: `{booking.visits}`.",
            ["moved"],
        ),
        "first_day": (
            "An expression for the first day to which one may move, instead of that of the booking.",
            "booking.first_date",
        ),
        "last_day": ("An expression for the last such day, likewise.", "days_after(booking.first_date, 14)"),
    },
    "Sessions": {
        "weekdays": (
            "On which days of the week.",
            ["mon", "tue", "wed", "thu", "fri"],
        ),
        "on_holidays": (
            "Whether also on public holidays; `only` for sessions that are on public holidays alone.",
            False,
        ),
        "times": (
            "The beginnings, in quotes. Without them a session is a whole day.",
            ["09:00", "14:30"],
        ),
        "minutes": (
            "How long one lasts.",
            30,
        ),
        "capacity": (
            "How many persons one session takes: a number, or a number for each place.",
            {"sha-tin": 8, "tai-po": 4},
        ),
        "places": ("The places that have these sessions, without it all.", ["sha-tin"]),
        "class": ("What expressions read as `booking.class`, such as a class of prices.", "peak"),
        "label": ("What stands beside their times.", {"en": "Peak hours", "zh-hant": "繁忙時段"}),
    },
    "Visit": {
        "name": (
            "Its name.",
            "first",
        ),
        "label": (
            "What it is called.",
            {"en": "First visit", "zh-hant": "第一次到訪"},
        ),
        "after": (
            "The earlier visit from which days are counted; with days.",
            "first",
        ),
        "days": (
            "How many days after it, at least and at most; with after. 0 is the same day.",
            [21, 28],
        ),
        "when": (
            "It is booked only when this holds. The visit after which it comes is then booked too.",
            "answers.hours >= 2",
        ),
    },
    "WeeklyOpening": {
        "opens": (
            "The day of the week on which booking opens.",
            "wed",
        ),
        "opens_at": (
            "At what time.",
            "09:00",
        ),
        "closes": (
            "The day of the same week on which it closes.",
            "fri",
        ),
        "closes_at": (
            "At what time.",
            "18:00",
        ),
    },
    "Opening": {
        "from": (
            "The first day.",
            date(2026, 3, 1),
        ),
        "when": (
            "For whom: an expression. Without it, for everybody.",
            "answers.priority_group != 'none'",
        ),
        "label": (
            "What this group is called.",
            {"en": "Priority groups", "zh-hant": "優先組別"},
        ),
    },
    "Effects": {
        "release": (
            "What was booked is given back.",
            True,
        ),
        "book": (
            (
                "A visit is given, such as an inspection: at the session that the officer chooses, or at the first "
                "with room, at the place of the booking before where it has room. A session that `one_at_a_time` or a "
                "limit refuses is passed over for the next. Nothing is then booked on applying."
            ),
            True,
        ),
    },
    "Seat": {
        "visit": (
            "Which visit, when there are several.",
            "first",
        ),
        "place": (
            "The value of the place.",
            "sha-tin",
        ),
        "day": (
            "The day.",
            date(2026, 3, 9),
        ),
        "time": (
            "The beginning of the session, in quotes. None for whole days.",
            "09:00",
        ),
    },
    "Example": {
        "book": (
            "What is booked: one seat for each visit.",
            [{"place": "sha-tin", "day": date(2026, 3, 9), "time": "09:00"}],
        ),
    },
    "Step": {
        "book": (
            (
                "With do, the session that the officer chooses; with applies, what is booked; by applicant alone, "
                "the sessions to which the booking is moved."
            ),
            [{"place": "sha-tin", "day": date(2026, 3, 12), "time": "09:00"}],
        ),
    },
    "Expect": {
        "booking": (
            "held, booked, cancelled or none.",
            "booked",
        ),
        "visits": (
            "The sessions that are held or booked.",
            [{"place": "sha-tin", "day": date(2026, 3, 12), "time": "09:00"}],
        ),
    },
}


NAMES = {
    "booking": (
        (
            "What is booked: `booking.status` is none, held, booked, cancelled or expired; `.size` the persons; "
            "of the first visit `.place`, its value in `places`, `.first_date`, `.weekday` (mon), `.time` "
            '("09:30"), `.hour` (9.5) and `.class`, that of its block of sessions; `.last_date` the day of the '
            "last visit; `.visits` how many there are, `.hours` how long all of them last; `.ref` its reference. "
            "`.each` is a list with `.visit`, `.place`, `.date`, `.weekday`, `.time`, `.hour`, `.class` and "
            "`.hours` of each. Without one, `.size` and `.visits` are 0, the others null. In eligibility, limits "
            "and fees it is what the applicant chose, and a rule waits until they have. In letters "
            "`{booking.visits}` is a line for each visit with its day, time and place, `{booking.place}` the name"
            " of the place, `{booking.time}` and `{booking.weekday}` as people write them, `{booking.class}` the "
            "label of its sessions."
        ),
        "in eligibility, limits, fees, conditions, decisions; in flow, records, registers, notices",
    )
}
