"""Appointments as an iCalendar file (RFC 5545, RFC 5546), which a calendar program imports. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from icalendar import Calendar, Event, vCalAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a calendar, from `begins` up to but not including `ends`; both are moments, or both are dates.

    A calendar program identifies the entry by `uid`, and keeps the version with the highest `sequence`.
    """

    uid: str
    sequence: int
    begins: datetime | date
    ends: datetime | date
    summary: str
    place: str = ""
    description: str = ""
    url: str = ""
    cancelled: bool = False


def media(*, cancelled: bool) -> str:
    """The media type of a file; `cancelled` is true when all its entries are cancelled."""
    return f"text/calendar; charset=utf-8; method={_method(cancelled)}"


def _method(cancelled: bool) -> str:
    return "CANCEL" if cancelled else "PUBLISH"


def written(entries: Sequence[Entry], *, organizer: str, email: str, language: str, at: datetime) -> bytes:
    """The bytes of the file; moments are in UTC. `organizer` and `email` belong to a department, never a person."""
    calendar = Calendar()
    calendar.add("prodid", "-//Praya//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", _method(all(entry.cancelled for entry in entries)))
    for entry in entries:
        calendar.add_component(_event(entry, organizer, email, language, at))
    data: bytes = calendar.to_ical()
    return data


def _event(entry: Entry, organizer: str, email: str, language: str, at: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", entry.sequence)
    event.add("dtstart", _moment(entry.begins))
    event.add("dtend", _moment(entry.ends))
    event.add("summary", entry.summary, {"language": language})
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    # An entry of whole days, such as a deadline, does not make its owner busy.
    event.add("transp", "OPAQUE" if isinstance(entry.begins, datetime) else "TRANSPARENT")
    for name, value in (("location", entry.place), ("description", entry.description)):
        if value:
            event.add(name, value, {"language": language})
    if entry.url:
        event.add("url", entry.url)
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = organizer
    event.add("organizer", address)
    return event


def _moment(value: datetime | date) -> datetime | date:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
