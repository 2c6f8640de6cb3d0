"""The services of this installation: publishing versions, the cards of all services, and compiled definitions."""

import itertools
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic_core import to_jsonable_python

from praya.blocks.services import api as services
from praya.definition.card import Card
from praya.definition.load import load_pack, load_service
from praya.definition.pack import Pack
from praya.definition.sandbox import is_trial
from praya.definition.service import Service
from praya.definition.source import Broken, Problem
from praya.kernel import jsontext
from praya.kernel.memory import Memory
from praya.kernel.rounds import by_itself
from praya.kernel.text import speak, spoken

LOOK_AGAIN_SECONDS = 10.0
MOST_BYTES = 6 * 1024 * 1024
"""The total size of the documents whose compiled definitions a process caches: about 400 services, 60 MB of memory."""


class NoService(Exception):
    """There is no such service on the portal."""


class Withdrawn(Exception):
    """The service takes no applications any more; carries its name."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class Definitions:
    """Live services by name, compiled when they are read. Code that goes through all services uses cards instead."""

    __slots__ = ("_cards",)

    def __init__(self, cards: Mapping[str, Card]) -> None:
        self._cards = cards

    def __getitem__(self, name: str) -> Service:
        return definition(self._cards[name])

    def get(self, name: str) -> Service | None:
        """The service, or None."""
        card = self._cards.get(name)
        return definition(card) if card is not None else None

    def __contains__(self, name: object) -> bool:
        return name in self._cards

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def __len__(self) -> int:
        return len(self._cards)


@dataclass(frozen=True)
class Territory:
    """The pack and the cards of its services, by name. `edition` increases whenever the set of live versions changes.

    `live` takes applications; `trials` are the services in the sandbox; `withdrawn` those that take no applications any
    more, whose cases go on. `stamp` is the word of the database for all this.
    """

    pack: Pack
    live: Mapping[str, Card]
    trials: Mapping[str, Card]
    withdrawn: Mapping[str, Card]
    edition: int
    stamp: str

    @property
    def services(self) -> Definitions:
        """The definitions of the live services."""
        return Definitions(self.live)

    @cached_property
    def offered(self) -> Mapping[str, Card]:
        """The live services that residents can use by themselves.

        Those that only staff or other cases open have no door for them.

        In a preview its designer comes in by every door.
        """
        every = settings.PRAYA.mode == "preview"
        return {name: card for name, card in self.live.items() if every or card.opened_by in {"applicant", "both"}}

    @cached_property
    def known(self) -> Mapping[str, Card]:
        """The services that are or were live: their registers and figures are public."""
        return {**self.withdrawn, **self.live}

    @cached_property
    def _numbered(self) -> Mapping[str, Sequence[tuple[int, Card]]]:
        """By department, the known services in which it takes part, each with its place among all."""
        found: dict[str, list[tuple[int, Card]]] = {}
        for number, card in enumerate(self.known.values()):
            for department in card.departments:
                found.setdefault(department, []).append((number, card))
        return found

    def of(self, departments: Collection[str]) -> list[Card]:
        """The known services in which one of these departments takes part, at no cost for those of others."""
        names = frozenset(departments)
        if names not in self._of:
            found = {number: card for name in names for number, card in self._numbered.get(name, ())}
            self._of[names] = [found[number] for number in sorted(found)]
        return [*self._of[names]]

    @cached_property
    def _of(self) -> dict[frozenset[str], list[Card]]:
        return {}

    @cached_property
    def every(self) -> Mapping[str, Card]:
        """All services that may have cases."""
        return {**self.trials, **self.known}

    def service(self, name: str) -> Service:
        """A live service. Raises NoService."""
        card = self.live.get(name)
        if card is None:
            raise NoService(name)
        return definition(card)

    def owner(self, name: str) -> Service | None:
        """The service, live, withdrawn or in the sandbox, to which an existing entry, case or booking belongs."""
        card = self.every.get(name)
        return definition(card) if card is not None else None

    def known_service(self, name: str) -> Service | None:
        """A service that is or was live."""
        card = self.known.get(name)
        return definition(card) if card is not None else None


@lru_cache(maxsize=4)
def pack_at(folder: str) -> Pack:
    """The pack in a folder, read once."""
    return load_pack(Path(folder))


def pack() -> Pack:
    """The pack of this installation."""
    current = pack_at(str(settings.PRAYA.pack))
    if current.languages is not spoken():
        speak(current.languages, current.words)
    return current


def canonical(service: Service) -> str:
    """A definition as canonical JSON: what is published and hashed."""
    # The order of keys has a meaning (pages, actions at the desk, columns of a register), so keys are not sorted.
    return jsontext.dumps(service.model_dump(by_alias=True), default=to_jsonable_python)


def _read(document: str) -> Service:
    return Service.model_validate(jsontext.loads(document))


def definition(card: Card) -> Service:
    """The definition of a card."""
    return compiled(card.service, card.version)


def compiled(service: str, version: int) -> Service:
    """A published version, compiled when it is first read; it never changes. Raises services.NoVersion."""
    return _standing_in.get(service) or _compiled.get(service, version)


class Compiled:
    """Compiled definitions, remembered up to a number of bytes of their documents.

    Threads share them, and of two that ask for the same one at the same time, one compiles it.
    """

    def __init__(self, most_bytes: int) -> None:
        self.memory: Memory[tuple[str, int], Service] = Memory(most_bytes)
        # As many definitions are compiled at the same time. Threads that need the same one wait at the same lock.
        self._compiling = [threading.Lock() for _ in range(16)]

    def get(self, service: str, version: int) -> Service:
        """The definition. Raises services.NoVersion."""
        key = (service, version)
        value = self.memory.get(key)
        if value is not None:
            return value
        with self._compiling[hash(key) % len(self._compiling)]:
            value = self.memory.get(key)
            if value is None:
                document = services.document(service=service, version=version)
                value = _read(document)
                self.memory.put(key, value, len(document.encode()))
            return value


_compiled = Compiled(MOST_BYTES)


def read_services(folder: Path, territory: Pack) -> list[Service]:
    """Every service of a pack's folder. Raises Broken with the problems of all."""
    services_read: list[Service] = []
    problems: list[Problem] = []
    for path in sorted((folder / "services").glob("*/service.yaml")):
        try:
            services_read.append(load_service(path, territory))
        except Broken as broken:
            problems += broken.problems
    if problems:
        raise Broken(problems)
    return services_read


def read_pack() -> list[Service]:
    """Every service of the installation's pack; no database is needed. Raises Broken."""
    return read_services(Path(settings.PRAYA.pack), pack())


def publish_pack(*, at: datetime, by: str) -> list[Service]:
    """Publish every service of the installation's pack. Raises Broken, services.VersionTaken."""
    return publish_all(read_pack(), at=at, by=by)


def publish_all(services_read: list[Service], *, at: datetime, by: str) -> list[Service]:
    """Publish these services; return them. Raises services.VersionTaken."""
    for service in services_read:
        publish(service, at=at, by=by)
    forget()
    return services_read


def publish(service: Service, *, at: datetime, by: str, untried: bool = False) -> None:
    """Publish one version. Raises services.VersionTaken."""
    services.publish(
        service=service.service,
        version=service.version,
        document=canonical(service),
        card=Card.of(service).model_dump_json(),
        waits_for_all=service.flow.waits_for_all,
        at=at,
        by=by,
        untried=untried,
    )


def make_cards() -> int:
    """Give a card to each published version that has none that can be read; answers how many."""
    missing = [(service, version) for service, version, text in services.cards() if Card.read(text) is None]
    for name, version in missing:
        with by_itself("make_cards", service=name, version=str(version)):
            service = _read(services.document(service=name, version=version))
            card = Card.of(service).model_dump_json()
            services.set_card(service=name, version=version, card=card, waits_for_all=service.flow.waits_for_all)
    return len(missing)


_editions = itertools.count(1)
_standing_in: dict[str, Service] = {}


class _Watch:
    """The territory as it was last read, the cards that it was made of, and when to read it again."""

    def __init__(self) -> None:
        self._territory: Territory | None = None
        self._cards: dict[str, Card] = {}
        self._look_at = 0.0
        self._looking = threading.Lock()

    def territory(self) -> Territory:
        """The newest territory; while one thread reads it, the others use the previous one."""
        before = self._territory
        if before is not None and time.monotonic() < self._look_at:
            return before
        if before is None:
            self._looking.acquire()
        elif not self._looking.acquire(blocking=False):
            return before
        try:
            if self._territory is None or time.monotonic() >= self._look_at:
                self._territory = self._looked(self._territory)
                self._look_at = time.monotonic() + LOOK_AGAIN_SECONDS
            return self._territory
        finally:
            self._looking.release()

    def _looked(self, before: Territory | None) -> Territory:
        """The territory now: the same value as before where nothing was published or withdrawn since."""
        stamp = services.stamp()
        if before is not None and before.stamp == stamp:
            return before
        standing = services.standing(known=self._cards.keys())
        # Only the cards of new versions are read; cards of versions that no longer count are dropped.
        self._cards = {one.digest: self._cards.get(one.digest) or _card(one) for one in standing}
        live, trials, withdrawn = dict[str, Card](), dict[str, Card](), dict[str, Card]()
        for one in standing:
            stand_in = _standing_in.get(one.service)
            card = Card.of(stand_in) if stand_in else self._cards[one.digest]
            if one.live:
                (trials if is_trial(one.service) else live)[one.service] = card
            elif not is_trial(one.service):
                withdrawn[one.service] = card
        return Territory(pack(), live, trials, withdrawn, next(_editions), stamp)


def _card(one: services.Standing) -> Card:
    # `praya migrate` gives every version its card; until then it is made here.
    return Card.read(one.card or "") or Card.of(compiled(one.service, one.version))


_state = {"watch": _Watch()}


def territory() -> Territory:
    """The pack with the cards of its services. It is read again when another process has published, within seconds."""
    return _state["watch"].territory()


def popular(most: int) -> list[Card]:
    """The live services with the most applications, filled up with others by name."""
    live = territory().offered
    names = dict.fromkeys([*(name for name in services.popular() if name in live), *islice(live, most)])
    return [live[name] for name in islice(names, most)]


def compile_popular(most: int) -> None:
    """Compile the most used services before this process forks, so that its children share the memory."""
    for card in popular(most):
        with by_itself("compile_popular", service=card.service):
            definition(card)


def insist_on_open(service: str) -> None:
    """Insist that a service has not been withdrawn. Raises Withdrawn."""
    if service in territory().withdrawn:
        raise Withdrawn(service)


def forget() -> None:
    """Empty the cache, so that the published services are read again."""
    # A thread that is reading at this moment stores its result in the old watch.
    _state["watch"] = _Watch()
    _compiled.memory.clear()


def stand_in(service: Service) -> None:
    """Let a definition stand in, in this process, for every version of its service: what a preview shows.

    States that are gone stay as dead ends, so that a case that is in one can still be looked at.
    """
    before = _standing_in.get(service.service)
    nothing: dict[str, Any] = {
        "actions": {},
        **dict.fromkeys(("next", "when_replied", "timers", "when_late", "when_not_ours"), ()),
        **dict.fromkeys(("when_settled", "when_concluded"), ()),
    }  # fmt: skip
    gone = {
        name: state.model_copy(update=nothing)
        for name, state in (before.flow.states if before else {}).items()
        if name not in service.flow.states
    }
    flow = service.flow.model_copy(update={"states": {**service.flow.states, **gone}})
    _standing_in[service.service] = service.model_copy(update={"flow": flow}) if gone else service
    _state["watch"] = _Watch()
