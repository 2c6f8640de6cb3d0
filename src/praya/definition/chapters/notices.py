"""Notices: the letters that effects send, and the addresses to which they go."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.chapters import matters
from praya.definition.chapters.parties import unseen
from praya.definition.model import Keyed, Model, Path, Slug
from praya.definition.own_words import WORDS as OWN
from praya.definition.places import in_braces
from praya.definition.source import Message, unknown
from praya.definition.trials import marked
from praya.kernel.expression import Expression
from praya.kernel.text import Text

TEXTS = ("subject", "body", "sms")
"""The parts of a notice in which expressions stand in braces."""


class Contact(Model):
    """The addresses of notices, in addition to the e-mail address with which the person signed in."""

    phone: Expression | None = None
    email: Expression | None = None


Recipient = Annotated[
    str, StringConstraints(pattern=r"^(applicant|holder|respondent|parties\.[a-z][a-z0-9_]*)$", max_length=60)
]
"""Who gets a letter: the applicant, the holder of the entry, or a party."""


class Notice(Model):
    """A letter in the recipient's language. Expressions such as `{case.ref}` are written in braces."""

    name: Slug
    subject: Text
    body: Text
    sms: Text | None = None
    to: Recipient | tuple[Recipient, ...] = "applicant"
    channels: tuple[Literal["inbox", "email", "sms"], ...] = ("inbox", "email")
    next_services: tuple[Slug, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """All recipients."""
        return (self.to,) if isinstance(self.to, str) else self.to

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties among them."""
        return tuple(name.removeprefix("parties.") for name in self.recipients if name.startswith("parties."))


class OfContact(Model):
    """The addresses of a service's notices."""

    contact: Contact = Contact()


class OfService(Model):
    """The notices of a service."""

    notices: Annotated[dict[str, Notice], Keyed] = {}


class OfEffects(Model):
    """The notices that effects send."""

    notify: tuple[str, ...] = ()


class OfExpect(Model):
    """The notices that an example expects."""

    notices: tuple[str, ...] | None = None


def problems(whole: Whole) -> Problems:
    """Check the texts of notices, whether they can reach somebody, and the names in effects."""
    service = whole.service
    for notice in service.notices.values():
        path: Path = ("notices", notice.name)
        for part in TEXTS:
            text = getattr(notice, part)
            for language, words in text.written.items() if text is not None else ():
                yield from whole.in_braces(words, (*path, part, language))
        if "sms" in notice.channels and notice.sms is None:
            yield path, Message("missing-word", "a notice by SMS needs its short text 'sms'")
        if "sms" in notice.channels and service.contact.phone is None:
            message = "a notice by SMS needs a telephone number: {contact: {phone: answers.mobile}}"
            yield path, Message("missing-word", message)
        yield from _recipient(service, notice, path)
    for path, effects in whole.effects:
        for index, name in enumerate(effects.notify):
            if name not in service.notices:
                yield (*path, "notify", index), unknown("notice", name, service.notices)


def _recipient(service: Any, notice: Notice, path: Path) -> Problems:
    if not notice.recipients:
        yield (*path, "to"), _not("somebody must get it: applicant, holder, or parties. and the name of one")
    if "holder" in notice.recipients and service.subject is None:
        yield (*path, "to"), _not("there is no holder: the service is not about an entry ('subject')")
    if "applicant" not in notice.recipients and "sms" in notice.channels:
        yield (*path, "channels"), _not("only the applicant is sent text messages; take sms out")
    if "respondent" in notice.recipients:
        if service.respondent is None:
            yield (*path, "to"), _not("there is no 'respondent' who sees anything of the case; say what they see")
        for part in TEXTS:
            text = getattr(notice, part)
            for language, words in text.written.items() if text is not None else ():
                for expression in in_braces(words):
                    yield from (((*path, part, language), message) for message in matters.unseen(service, expression))
    for name in notice.parties:
        party = service.parties.get(name)
        if party is None:
            yield (*path, "to"), unknown("party", name, service.parties)
            continue
        for part in TEXTS:
            text = getattr(notice, part)
            for language, words in text.written.items() if text is not None else ():
                for expression in in_braces(words):
                    yield from (((*path, part, language), message) for message in unseen(party, expression))


def _not(message: str) -> Message:
    return Message("not-possible", message)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that the letters in an example's expectation exist."""
    # The letter that invites a party is the platform's own.
    known = {*service.notices, *(["invitation"] if service.parties else [])}
    for index, name in enumerate(expect.notices or ()):
        if name not in known:
            yield (*path, "notices", index), unknown("notice", name, known)


def in_trial(service: Any) -> dict[str, Any]:
    """The letters, marked as those of a trial; they are not sent outside the inbox."""
    letters = {
        name: notice.model_copy(update={"subject": marked(notice.subject, OWN["trial"]), "channels": ("inbox",)})
        for name, notice in service.notices.items()
    }
    return {"notices": letters}


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The notices in a definition's JSON, by name, and the addresses."""
    return {"notice": data["notices"], "contact": {"": data["contact"]}}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "contact": (
            "Where text messages and e-mails go, when not to the address of signing in.",
            {"phone": "answers.mobile"},
        ),
        "notices": (
            "Letters, by name.",
            {
                "received": {
                    "subject": {"en": "We have {case.ref}", "zh-hant": "已收到 {case.ref}"},
                    "body": {"en": "Follow it here: {url}", "zh-hant": "查詢進度：{url}"},
                }
            },
        ),
    },
    "Contact": {
        "phone": (
            "An expression for the telephone number of text messages, usually an answer.",
            "answers.mobile",
        ),
        "email": (
            "An expression for the e-mail address, instead of that of signing in.",
            "answers.email",
        ),
    },
    "Notice": {
        "name": (
            "Its name; written as the key.",
            "received",
        ),
        "subject": (
            "The subject. Expressions stand in braces.",
            {"en": "We have {case.ref}", "zh-hant": "已收到 {case.ref}"},
        ),
        "body": (
            (
                "The letter. Beside the usual names it may say {reason}, {fees.total} and {url}, "
                "the address of the case. A paragraph is said only where a condition holds as "
                "`{findings.debt > 0 ? 'Of it ' + findings.debt + ' goes against debts.' : ''}`: one that comes out "
                "empty is left out."
            ),
            {"en": "Follow it here: {url}", "zh-hant": "查詢進度：{url}"},
        ),
        "sms": (
            "The short text of a text message.",
            {"en": "{case.ref} is approved: {url}", "zh-hant": "{case.ref} 已獲批准：{url}"},
        ),
        "to": (
            (
                "Who gets it, one or a list: the applicant; holder, the holder of the entry as the case found "
                "it, whom a transfer has replaced meanwhile; respondent, whoever applied for the case that this one "
                "is about, who reads nothing that `respondent.sees` does not name; a party, as parties.doctor, as "
                "long as it is waited for or has given. A letter to a party says nothing of answers and findings that "
                "it does not see; {url} is then the address of its own page."
            ),
            ["applicant", "parties.doctor"],
        ),
        "channels": (
            "How it goes: inbox, email, sms. By sms it needs its short text and the service's contact.phone.",
            ["inbox", "email", "sms"],
        ),
    },
    "Effects": {
        "notify": (
            "Letters that are sent.",
            ["received"],
        ),
    },
    "Expect": {
        "notices": (
            (
                "The letters of the case since the step before of the same case, all of them, also those that "
                "timers sent until this step; that to a party is called invitation."
            ),
            ["approved"],
        ),
    },
}

CHAPTER = Chapter(
    name="notices",
    service=(Words(model=OfContact, at=4), Words(model=OfService, at=66)),
    effects=(Words(model=OfEffects, at=0),),
    expect=(Words(model=OfExpect, at=22),),
    parts=(Contact, Notice),
    problems=problems,
    story_problems=story_problems,
    in_trial=in_trial,
    differences=differences,
    reference=REFERENCE,
)
