"""A service in the sandbox: the same definition under a name of its own, so that nothing of it mixes with what is real.

Cases, places, registers and figures are kept by the service's name; its texts say that it is a trial; its letters stay
in the inbox of whoever tries it.
"""

from typing import TypeVar

from praya.definition.outcome import About, Subject
from praya.definition.own_words import WORDS
from praya.definition.service import Service
from praya.kernel.text import Text

P = TypeVar("P", Subject | None, About | None)
PREFIX = "trial-"
REFERENCE = "ZZ"
"""With this begin the case numbers of every trial; no service of a pack begins so."""


def is_trial(name: str) -> bool:
    """Whether a service of this name is one in the sandbox."""
    return name.startswith(PREFIX)


def trial_name(name: str) -> str:
    """The name of a service in the sandbox."""
    return f"{PREFIX}{name}"[:60]


def real_name(name: str) -> str:
    """The name of the service that is tried."""
    return name.removeprefix(PREFIX)


def as_trial(service: Service) -> Service:
    """The service as it is in the sandbox."""
    trial, not_valid = WORDS["trial"], WORDS["trial_not_valid"]
    return service.model_copy(
        update={
            "service": trial_name(service.service),
            "reference": (REFERENCE + service.reference)[:4],
            "title": _marked(service.title, trial),
            # What a trial does to entries and notices of other services, it does to those of their trials.
            "subject": _of_trial(service.subject),
            "about": _of_trial(service.about),
            "records": {
                name: record.model_copy(update={"title": _marked(record.title, not_valid)})
                for name, record in service.records.items()
            },
            "registers": {
                name: register.model_copy(update={"title": _marked(register.title, trial)})
                for name, register in service.registers.items()
            },
            "notices": {
                name: notice.model_copy(update={"subject": _marked(notice.subject, trial), "channels": ("inbox",)})
                for name, notice in service.notices.items()
            },
        }
    )


def _of_trial(part: P) -> P:
    """The same about the trial of another service, where it names one."""
    other = getattr(part, "service", None)
    return part.model_copy(update={"service": trial_name(other)}) if part is not None and other else part


def _marked(text: Text, mark: Text) -> Text:
    return Text({language: mark.in_(language) + words for language, words in text.written.items()})
