"""From a pack's folder to live services: publish at the gate, keep every version compiled."""

import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from praya.blocks.services import api as services
from praya.definition.load import load_pack, load_service
from praya.definition.pack import Pack
from praya.definition.sandbox import is_trial
from praya.definition.service import Service
from praya.definition.source import Broken, Problem
from praya.kernel.text import speak, spoken

LOOK_AGAIN_SECONDS = 10.0


class NoService(Exception):
    """There is no such service on the portal."""


class Withdrawn(Exception):
    """The service takes no applications any more; carries its name."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


@dataclass(frozen=True)
class Territory:
    """The pack and the services that are live. `edition` rises whenever something else is live.

    `trials` are the services in the sandbox; `withdrawn` those that take no applications any more, whose cases go on.
    """

    pack: Pack
    services: dict[str, Service]
    edition: int = 0
    trials: dict[str, Service] = field(default_factory=dict)
    withdrawn: dict[str, Service] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, Service]:
        """The services that are or were live: their registers and figures are public."""
        return {**self.withdrawn, **self.services}

    def owner(self, name: str) -> Service | None:
        """The service to which something belongs that exists: an entry, a case, a booking."""
        return self.known.get(name) or self.trials.get(name)

    @property
    def every(self) -> list[Service]:
        """Whatever may have a case."""
        return [*self.known.values(), *self.trials.values()]

    def service(self, name: str) -> Service:
        """A live service. Raises NoService."""
        found = self.services.get(name)
        if found is None:
            raise NoService(name)
        return found


@lru_cache(maxsize=4)
def pack_at(folder: str) -> Pack:
    """The pack in a folder, read once."""
    return load_pack(Path(folder))


def pack() -> Pack:
    """The pack of this installation."""
    found = pack_at(str(settings.PRAYA.pack))
    if found.languages is not spoken():
        speak(found.languages, found.words)
    return found


def canonical(service: Service) -> str:
    """A definition as canonical JSON: what is published and hashed."""
    data = service.model_dump(mode="json", by_alias=True)
    # Order is meaning: of pages, of actions on a desk, of the columns of a register. So keys are not sorted.
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def compiled(service: str, version: int) -> Service:
    """A published version, compiled once; it never changes. Raises services.NoVersion."""
    return _standing_in.get(service) or _compiled(service, version)


@lru_cache(maxsize=256)
def _compiled(service: str, version: int) -> Service:
    return Service.model_validate(json.loads(services.document(service=service, version=version)))


def read_services(folder: Path, territory: Pack) -> list[Service]:
    """Every service of a pack's folder. Raises Broken with the problems of all."""
    found: list[Service] = []
    problems: list[Problem] = []
    for path in sorted((folder / "services").glob("*/service.yaml")):
        try:
            found.append(load_service(path, territory))
        except Broken as broken:
            problems += broken.problems
    if problems:
        raise Broken(problems)
    return found


def publish_pack(*, at: datetime, by: str) -> list[Service]:
    """Publish every service of the installation's pack. Raises Broken, services.VersionTaken."""
    found = read_services(Path(settings.PRAYA.pack), pack())
    for service in found:
        publish(service, at=at, by=by)
    forget()
    return found


def publish(service: Service, *, at: datetime, by: str, untried: bool = False) -> None:
    """Publish one version. Raises services.VersionTaken."""
    services.publish(
        service=service.service, version=service.version, document=canonical(service), at=at, by=by, untried=untried
    )


_editions = itertools.count(1)
_standing_in: dict[str, Service] = {}
_state: dict[str, tuple[float, Territory]] = {}
_lock = threading.Lock()


def territory() -> Territory:
    """The pack with its live services; looks every few seconds whether another process published."""
    kept = _state.get("now")
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    with _lock:
        standing = {v.service: compiled(v.service, v.version) for v in services.live()}
        live = {name: service for name, service in standing.items() if not is_trial(name)}
        trials = {name: service for name, service in standing.items() if is_trial(name)}
        gone = {v.service: compiled(v.service, v.version) for v in services.ended() if not is_trial(v.service)}
        was = kept[1] if kept is not None else None
        same = was is not None and (was.services, was.trials, was.withdrawn) == (live, trials, gone)
        found = was if same and was is not None else Territory(pack(), live, next(_editions), trials, gone)
        _state["now"] = (time.monotonic() + LOOK_AGAIN_SECONDS, found)
        return found


def insist_on_open(service: str) -> None:
    """See that a service takes applications still. Raises Withdrawn."""
    if service in territory().withdrawn:
        raise Withdrawn(service)


def forget() -> None:
    """Look again at what is published."""
    _state.clear()
    _compiled.cache_clear()


def stand_in(service: Service) -> None:
    """Let a definition stand in, in this process, for every version of its service: what a preview shows.

    States that are gone stay as dead ends, so that a case that is in one can still be looked at.
    """
    before = _standing_in.get(service.service)
    gone = {
        name: state.model_copy(update={"actions": {}, "next": (), "when_replied": (), "timers": ()})
        for name, state in (before.flow.states if before else {}).items()
        if name not in service.flow.states
    }
    flow = service.flow.model_copy(update={"states": {**service.flow.states, **gone}})
    _standing_in[service.service] = service.model_copy(update={"flow": flow}) if gone else service
    _state.clear()
