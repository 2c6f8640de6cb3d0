"""The card of a service: the part of its definition that lists, menus and periodic jobs need.

It is made from the definition when that is published, and stored beside it. A list of 1,300 services is a list of
cards; a definition is compiled when somebody opens the service.
"""

from typing import Self

from pydantic import ValidationError

from praya.definition.model import Model, Slug
from praya.definition.service import Service
from praya.kernel.calendar import Length
from praya.kernel.text import Text


class RegisterCard(Model):
    """The part of a register that lists display."""

    name: str
    title: Text
    summary: Text | None
    public: bool


class SubjectCard(Model):
    """The register on whose entries a service acts, and who may begin it."""

    service: str
    register_name: str
    who: str


class AboutCard(Model):
    """The publication that a service is about."""

    service: str
    publication: str


class Card(Model):
    """The part of one version of a service that lists, menus and periodic jobs need.

    No field has a default. So a card that was stored with other fields cannot be read, and is made again.
    """

    service: Slug
    version: int
    title: Text
    summary: Text
    keywords: dict[str, tuple[str, ...]]
    topic: str
    department: str
    departments: frozenset[str]
    """The departments that take part: the owner, and those asked."""
    booking: Text | None
    """The title of the booking; None if the service has none."""
    books_on_applying: bool
    """Whether the applicant books while applying; otherwise an effect books later."""
    waits: bool
    """Whether there is a waiting room before it."""
    releases: bool
    """Whether its places are released in steps."""
    postpones: bool
    """Whether visits in closed sessions move by themselves."""
    draws_lots: bool
    judged_by: frozenset[str]
    """Where the members of its panels come from: a department, which also invites members, or `community:<name>`."""
    registers: tuple[RegisterCard, ...]
    publications: tuple[str, ...]
    subject: SubjectCard | None
    about: AboutCard | None
    retention: dict[str, Length]
    """How long a closed case is kept, by its result."""
    opened_by: str
    """Who may open its cases: `applicant`, `staff` or `both`."""

    @classmethod
    def of(cls, service: Service) -> Self:
        """The card of a definition."""
        subject, about = service.subject, service.about
        return cls(
            service=service.service,
            version=service.version,
            title=service.title,
            summary=service.summary,
            keywords=service.keywords,
            topic=service.topic,
            department=service.department,
            departments=service.departments,
            booking=service.booking.title if service.booking else None,
            books_on_applying=service.booked_on_applying is not None,
            waits=service.booking is not None and service.booking.waiting_room is not None,
            releases=service.booking is not None and service.booking.release is not None,
            postpones=service.booking is not None and service.booking.postpone is not None,
            draws_lots=bool(service.flow.ballots),
            judged_by=frozenset(
                where
                for panel in service.panels.values()
                for where in {service.department, f"community:{panel.community}" if panel.community else ""} - {""}
            ),
            registers=tuple(
                RegisterCard(name=r.name, title=r.title, summary=r.summary, public=r.public)
                for r in service.registers.values()
            ),
            publications=tuple(service.publishes),
            subject=subject
            and SubjectCard(
                service=subject.service or service.service, register_name=subject.register_in, who=subject.who
            ),
            about=about and AboutCard(service=about.service, publication=about.publication),
            retention=service.retention,
            opened_by=service.opened_by,
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Parse a stored card; None when there is none, or its fields are not those of this version of Praya."""
        try:
            return cls.model_validate_json(text) if text else None
        except ValidationError:
            return None

    @property
    def public_registers(self) -> tuple[RegisterCard, ...]:
        """The public registers."""
        return tuple(register for register in self.registers if register.public)
