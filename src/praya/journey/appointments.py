"""The appointments of a case, and the day by which its applicant must act, as entries of their own calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey.chapter import Picture
from praya.journey.own_words import WORDS
from praya.journey.timer_days import timers_in
from praya.kernel import calendar_file, jsontext
from praya.kernel.calendar_file import Entry

Told = Mapping[str, Sequence[str]]
"""What a person was told of a case's appointments: from when until when, by the name of each."""
DEADLINE = "deadline"
NAME = "calendar.ics"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit of a booking, or a deadline: its name within the case, and from when until before when."""

    name: str
    begins: datetime | date
    ends: datetime | date
    summary: str
    place: str = ""
    cancelled: bool = False

    @property
    def span(self) -> list[str]:
        """Its beginning and its end as text."""
        return [self.begins.isoformat(), self.ends.isoformat()]


def of_case(seen: Picture, pack: Pack, language: str, *, at: datetime) -> list[Appointment]:
    """The visits that are booked, and the last day on which the applicant can act before the case moves without them.

    A visit that was cancelled is among them as such.
    """
    appointments = visits_of(seen.service, pack, seen.booking, language)
    due_at = _due(seen, pack, at)
    if due_at is not None:
        # The applicant has the whole of the last day: a case moves at midnight, or in the morning after it. Until then
        # they can still act.
        last = max(pack.calendar.day_of(due_at - timedelta(hours=12)), pack.calendar.day_of(at))
        summary = WORDS["calendar_due"].in_(language).format(title=seen.service.title.in_(language))
        appointments.append(Appointment(DEADLINE, last, last + timedelta(days=1), summary))
    return appointments


def visits_of(service: Service, pack: Pack, booking: bookings.Booking | None, language: str) -> list[Appointment]:
    """The visits of a booking, those of one that was cancelled as such; none while it is only held."""
    if booking is None or service.booking is None or booking.status not in {"booked", "cancelled"}:
        return []
    visits = []
    for number, visit in enumerate(booking.visits):
        of_kind = next((one for one in service.booking.all_visits if one.name == visit.visit), None)
        block = service.booking.block_of(visit.place, visit.day, visit.clock, pack.calendar.holidays)
        place = service.booking.place_named(visit.place)
        begins: datetime | date = visit.day
        ends: datetime | date = visit.day + timedelta(days=1)
        if visit.clock:
            begins = datetime.fromisoformat(f"{visit.day.isoformat()}T{visit.clock}").replace(tzinfo=pack.calendar.zone)
            ends = begins + timedelta(minutes=block.minutes if block else 60)
        title = service.title.in_(language)
        label = of_kind.label.in_(language) if of_kind else title
        repeated = any(one.visit == visit.visit for one in booking.visits[:number])
        visits.append(
            Appointment(
                f"{visit.visit}-{number}" if repeated else visit.visit,
                begins,
                ends,
                title if label == title else WORDS["calendar_visit"].in_(language).format(visit=label, title=title),
                place.label.in_(language) if place else "",
                booking.status == "cancelled",
            )
        )
    return visits


def _due(seen: Picture, pack: Pack, at: datetime) -> datetime | None:
    """When the case moves without its applicant, for whom it waits."""
    if seen.case.closed_at is not None or not seen.service.flow.states[seen.case.state].waits_for_applicant:
        return None
    return next((due_at for due_at, timer in timers_in(seen, pack) if timer.to and due_at > at), None)


def file(
    case: cases.Case,
    pack: Pack,
    appointments: Sequence[Appointment],
    language: str,
    *,
    at: datetime,
) -> bytes:
    """A calendar file of these appointments, which says nothing of the person.

    The same appointment has the same UID in every file. The revision of the case is its sequence: it rises with
    whatever happens to the case, and so with each move.
    """
    base, department = settings.PRAYA.base_url, pack.departments[case.department]
    host = urlsplit(base).hostname or "localhost"
    description = WORDS["calendar_reference"].in_(language).format(ref=case.ref)
    entries = [
        Entry(
            uid=f"{case.ref}.{one.name}@{host}",
            sequence=case.revision,
            begins=one.begins,
            ends=one.ends,
            summary=one.summary,
            place=one.place,
            description=description,
            url=f"{base}/{language}/cases/{case.ref}",
            cancelled=one.cancelled,
        )
        for one in appointments
    ]
    return calendar_file.written(
        entries,
        organizer=department.title.in_(language),
        email=department.reply_to or department.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        language=language,
        at=at,
    )


def to_send(
    case: cases.Case, pack: Pack, appointments: Sequence[Appointment], language: str, *, person_ref: str, at: datetime
) -> tuple[notices.Attachment | None, str]:
    """The file that a letter brings when the appointments are others than the person's last letter told, and its note.

    What that letter told and is no more is cancelled in the file, unless it is past. Nothing is brought where nothing
    is new.
    """
    before: Told = jsontext.loads(notices.last_sent_appointments(case.ref, person_ref=person_ref) or "{}")
    now = {one.name: one.span for one in appointments if not one.cancelled}
    today = pack.calendar.day_of(at)
    gone = [
        Appointment(name, _read(begins), _read(ends), WORDS["calendar_cancelled"].in_(language), cancelled=True)
        for name, (begins, ends) in before.items()
        if name not in now and _last_day(_read(ends)) >= today
    ]
    if not gone and now.items() <= before.items():
        return None, ""
    cancelled = {one.name: one for one in appointments if one.cancelled}
    entries = [*(one for one in appointments if not one.cancelled), *(cancelled.get(one.name, one) for one in gone)]
    data = file(case, pack, entries, language, at=at)
    media = calendar_file.media(cancelled=all(one.cancelled for one in entries))
    attached = notices.Attachment(name=NAME, media=media, data=data)
    return attached, jsontext.dumps(now, sort_keys=True)


def _last_day(ends: datetime | date) -> date:
    return ends.date() if isinstance(ends, datetime) else ends - timedelta(days=1)


def _read(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
