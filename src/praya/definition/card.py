"""The card of a service: what lists, menus and periodic jobs ask of it, without its whole definition.

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
    """What lists show of a register."""

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
    """What lists, menus and periodic jobs ask of one version of a service.

    No field has a default: a card that was stored with other fields cannot be read, and is made again.
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
    """The title of what is booked; None where nothing is."""
    books_on_applying: bool
    """Whether the applicant books, and not an effect later."""
    draws_lots: bool
    judged_by: frozenset[str]
    """From where its panels have their members: a department, which also invites them, or `community:<name>`."""
    registers: tuple[RegisterCard, ...]
    publications: tuple[str, ...]
    subject: SubjectCard | None
    about: AboutCard | None
    retention: dict[str, Length]
    """How long a closed case stays, by its result."""
    opened_by: str
    """Who opens its cases: applicant, staff or both."""

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
        """A card as it was stored; None where it has other fields than today's, or there is none."""
        try:
            return cls.model_validate_json(text) if text else None
        except ValidationError:
            return None

    @property
    def public_registers(self) -> tuple[RegisterCard, ...]:
        """The registers that everybody may read."""
        return tuple(register for register in self.registers if register.public)
