"""From a pack's folder to live services: publish at the gate, keep every version compiled."""

import itertools
import json
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from praya.blocks.services import api as services
from praya.definition.load import load_pack, load_service
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.source import Broken, Problem
from praya.kernel.text import speak, spoken

LOOK_AGAIN_SECONDS = 10.0


class NoService(Exception):
    """There is no such service on the portal."""


@dataclass(frozen=True)
class Territory:
    """The pack and the services that are live. `edition` rises whenever something else is live."""

    pack: Pack
    services: dict[str, Service]
    edition: int = 0

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


def publish(service: Service, *, at: datetime, by: str) -> None:
    """Publish one version. Raises services.VersionTaken."""
    services.publish(service=service.service, version=service.version, document=canonical(service), at=at, by=by)


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
        live = {v.service: compiled(v.service, v.version) for v in services.live()}
        same = kept is not None and kept[1].services == live
        found = kept[1] if same and kept is not None else Territory(pack(), live, next(_editions))
        _state["now"] = (time.monotonic() + LOOK_AGAIN_SECONDS, found)
        return found


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
