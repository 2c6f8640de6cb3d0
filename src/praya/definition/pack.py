"""A territory's pack: its languages, departments, calendar, lists and identifiers. Data only."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, StringConstraints, field_validator

from praya.definition.identifiers import Scheme
from praya.definition.maps import Map
from praya.definition.model import LANGUAGE, WEEKDAYS, Keyed, Model, Slug, Weekday
from praya.definition.questions import Option
from praya.definition.roles import Community, PackRole
from praya.kernel.calendar import Calendar
from praya.kernel.roles import Roles, together
from praya.kernel.text import LANGUAGES, Text

EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
"""An address that stands in a header: one, without a name."""
MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""A day of every year: the month and the day, such as 09-01."""
LanguageCode = Annotated[str, StringConstraints(pattern=LANGUAGE)]


class Department(Model):
    """A department, by its usual short name. Replies to its letters go to `reply_to`; `replies` says what follows.

    `letterhead` has the lines below its name on paper.
    """

    name: Slug
    title: Text
    phone: str | None = None
    email: str | None = None
    reply_to: Annotated[str, StringConstraints(pattern=EMAIL, max_length=254)] | None = None
    replies: Text | None = None
    letterhead: tuple[Text, ...] = ()


class Topic(Model):
    """A heading of the portal's home page."""

    name: Slug
    title: Text
    summary: Text


class LifeEvent(Model):
    """Something that happens in a life or a business, with the services that it asks for, in their order."""

    name: Slug
    title: Text
    summary: Text
    services: tuple[Slug, ...] = Field(min_length=1)


class Season(Model):
    """Services that are asked for in a part of every year; from December to January goes over the new year."""

    name: Slug
    title: Text
    text: Text | None = None
    begins: MonthDay
    ends: MonthDay
    services: tuple[Slug, ...] = Field(min_length=1)

    def is_on(self, day: date) -> bool:
        """Whether `day` lies in the season; both days belong to it."""
        at = f"{day:%m-%d}"
        if self.begins <= self.ends:
            return self.begins <= at <= self.ends
        return at >= self.begins or at <= self.ends


class Alert(Model):
    """An alert that an operator can raise on every page (`praya alerts raise`)."""

    name: Slug
    title: Text
    text: Text | None = None
    kind: Literal["warning", "news"] = "warning"


class Holiday(Model):
    """A public holiday."""

    date: date
    name: Text


class Days(Model):
    """The territory's calendar as data."""

    time_zone: str = "Asia/Hong_Kong"
    rest: tuple[Weekday, ...] = ("sat", "sun")
    holidays: tuple[Holiday, ...] = ()
    until: date | None = None
    closures: tuple[Holiday, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone '{name}'; expected one like Asia/Hong_Kong") from None
        return name


def _end_of(holidays: tuple[Holiday, ...]) -> date | None:
    # A closing day does not show that the public holidays of its year are known.
    return date(max(holiday.date for holiday in holidays).year, 12, 31) if holidays else None


class Pack(Model):
    """The whole of one `pack.yaml`, with its lists."""

    pack: Slug
    name: Text
    languages: tuple[LanguageCode, ...] = Field(LANGUAGES, min_length=1)
    currency: str = Field("HKD", pattern="^[A-Z]{3}$")
    region: str = Field("HK", pattern="^[A-Z]{2}$")
    departments: Annotated[dict[str, Department], Keyed] = Field(min_length=1)
    roles: Annotated[dict[str, PackRole], Keyed] = {}
    topics: Annotated[dict[str, Topic], Keyed] = Field(min_length=1)
    life_events: Annotated[dict[str, LifeEvent], Keyed] = {}
    seasons: Annotated[dict[str, Season], Keyed] = {}
    alerts: Annotated[dict[str, Alert], Keyed] = {}
    days: Days = Days()
    identifiers: dict[str, Scheme] = {}
    lists: dict[str, tuple[Option, ...]] = {}
    map: Map | None = None
    words: dict[LanguageCode, dict[str, str]] = {}
    helpline: str | None = None
    communities: Annotated[dict[str, Community], Keyed] = {}
    _folder: Path | None = PrivateAttr(None)

    @property
    def folder(self) -> Path | None:
        """The folder of the pack, which contains the parts that its services share."""
        return self._folder

    def at(self, folder: Path) -> "Pack":
        """The pack as read in `folder`."""
        self._folder = folder.resolve()
        return self

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar that clocks run on."""
        return Calendar(
            zone=ZoneInfo(self.days.time_zone),
            rest=frozenset(WEEKDAYS.index(day) for day in self.days.rest),
            holidays=frozenset(day.date for day in (*self.days.holidays, *self.days.closures)),
            known_until=self.days.until or _end_of(self.days.holidays),
        )

    @cached_property
    def calendar_mark(self) -> str:
        """A digest of the working days. When it changes, deadlines that an earlier calendar set are computed again."""
        days = (*self.days.rest, *sorted(day.isoformat() for day in self.calendar.holidays))
        return hashlib.sha256(" ".join((self.days.time_zone, *days)).encode()).hexdigest()[:16]

    @cached_property
    def all_roles(self) -> Roles:
        """The roles that Praya and its systems bring, and those of the pack."""
        return together(role.role for role in self.roles.values())

    def roles_in(self, holder: str) -> tuple[str, ...] | None:
        """The roles that somebody may have in a department, a `community:<name>` or a `system:<name>`.

        None when there is no such department or community.
        """
        kind, colon, name = holder.rpartition(":")
        if not colon:
            return self.all_roles.of_departments() if name in self.departments else None
        if kind == "community":
            return self.communities[name].roles if name in self.communities else None
        return self.all_roles.of_system(name)

    @cached_property
    def role_titles(self) -> Mapping[str, Text]:
        """The titles that the pack gives to roles; others have theirs in the words of the pages."""
        return {name: role.title for name, role in self.roles.items()}

    @cached_property
    def context(self) -> Mapping[str, Any]:
        """What questions of a service take from the pack while they are read."""
        return {
            "lists": self.lists, "identifiers": self.identifiers, "map": self.map, "currency": self.currency,
            "region": self.region,
        }  # fmt: skip
