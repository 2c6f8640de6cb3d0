"""What can be found: services, public registers, topics, life events, standing pages, and the documents of systems."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from django.conf import settings

from praya.definition.card import Card
from praya.journey import load
from praya.kernel import jsontext, plug
from praya.kernel.text import Text, spoken
from praya.systems.search.documents import Document
from praya.web.words import translator

STANDING = ("contact", "accessibility", "privacy")


def documents() -> Iterator[Document]:
    """Every document that anybody may find now, sorted within each source."""
    territory = load.territory()
    for card in territory.offered.values():
        yield _service(card)
    for card in territory.known.values():
        for register in card.public_registers:
            yield Document(
                "register", f"registers/{card.service}/{register.name}", _by_language(register.title),
                _by_language(register.summary), _department_words(card.department),
                topic=card.topic, department=card.department,
            )  # fmt: skip
    offered = territory.offered
    topics_used = {card.topic for card in offered.values()}
    for topic in territory.pack.topics.values():
        if topic.name in topics_used:
            yield Document("topic", f"topics/{topic.name}", _by_language(topic.title), _by_language(topic.summary))
    for event in territory.pack.life_events.values():
        if any(name in offered for name in event.services):
            yield Document("topic", f"life-events/{event.name}", _by_language(event.title), _by_language(event.summary))
    for name in STANDING:
        yield Document("page", name, {lang: translator(lang)(f"portal.{name}_title") for lang in spoken()}, {})
    yield from _of_plugs()


def _of_plugs() -> Iterator[Document]:
    for one in plug.plugs():
        for document in plug.value(one.documents)() if one.documents else ():
            yield _of_plug(document)


def edition() -> str:
    """A digest that changes when the documents change; much cheaper than the documents."""
    territory = load.territory()
    digest = hashlib.sha256(f"{territory.stamp} {_pack_digest(str(settings.PRAYA.pack))}".encode())
    for one in plug.plugs():
        if one.documents_edition:
            digest.update(f"{one.name} {plug.value(one.documents_edition)()}".encode())
        elif one.documents:
            for document in plug.value(one.documents)():
                digest.update(jsontext.dumps(asdict(_of_plug(document))).encode())
    return digest.hexdigest()


def _of_plug(document: plug.Document) -> Document:
    return Document(
        document.kind, document.url, _by_language(document.title), _by_language(document.text), document.words,
        department=document.department,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _pack_digest(_folder: str) -> str:
    return hashlib.sha256(load.pack().model_dump_json().encode()).hexdigest()


def _service(card: Card) -> Document:
    pack = load.pack()
    topic = pack.topics.get(card.topic)
    keywords = [word for words in card.keywords.values() for word in words]
    return Document(
        "service", f"services/{card.service}", _by_language(card.title), _by_language(card.summary),
        (*keywords, card.service, *_department_words(card.department), *(topic.title.words.values() if topic else ())),
        topic=card.topic, department=card.department,
    )  # fmt: skip


def _department_words(name: str) -> tuple[str, ...]:
    department = load.pack().departments.get(name)
    return (name, *department.title.words.values()) if department else (name,)


def _by_language(text: Text | None) -> dict[str, str]:
    return {lang: text.in_(lang) for lang in spoken()} if text is not None else {}


def names_of(kind: str) -> dict[str, Any]:
    """The titles of departments or topics by name, for filters."""
    pack = load.pack()
    return dict(pack.departments if kind == "department" else pack.topics)
