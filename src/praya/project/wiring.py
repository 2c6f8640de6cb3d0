"""Finds the plugs of all blocks, faces and systems, checks that they fit together, and gathers the worker's parts."""

from __future__ import annotations

import pkgutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING

from praya.kernel import plug
from praya.kernel.plug import Plug
from praya.project.refusal import Refused

if TYPE_CHECKING:  # the settings read this file before any app is ready
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from praya.kernel.journal.folds import Fold
    from praya.kernel.outbox.parts import Part

FOLDERS = ("praya.kernel", "praya.blocks", "praya.web", "praya.systems")
"""Packages whose packages may have a plug, in the order in which plugs are installed."""
BUILT_IN = "praya.project.commands"
ENTRY_POINTS = "praya.systems"
"""The group under which a distribution of somebody else names its system: `name = package` of the folder."""


def find() -> tuple[Plug, ...]:
    """Find every plug: those of our own folders, then those of other distributions.

    Raises Refused when a PLUG is no Plug, or two plugs bring something of the same name.
    """
    names = [f"{folder}.{package.name}" for folder in FOLDERS for package in _packages(folder)]
    names.insert(next(i for i, name in enumerate(names) if name.startswith("praya.web.")), "praya.journey")
    names += sorted(point.value for point in entry_points(group=ENTRY_POINTS))
    plugs = tuple(one for name in names if (one := _read(name)) is not None)
    if wrong := list(clashes(plugs)):
        raise Refused("\n".join(wrong))
    return plugs


def _packages(folder: str) -> list[pkgutil.ModuleInfo]:
    packages = pkgutil.iter_modules(import_module(folder).__path__)
    return sorted((one for one in packages if one.ispkg), key=lambda one: one.name)


def _read(package: str) -> Plug | None:
    if find_spec(f"{package}.plug") is None:
        return None
    declared = import_module(f"{package}.plug").PLUG
    if not isinstance(declared, Plug):
        raise Refused(f"{package}/plug.py: PLUG must be a praya.kernel.plug.Plug.")
    return replace(declared, package=package)


def clashes(plugs: Sequence[Plug]) -> Iterator[str]:
    """Names that two plugs both bring, and included roles that no plug declares, a sentence for each.

    Built-in commands count as brought. Names that only loaded code reveals are checked where it is loaded: addresses in
    `web/urls`, settings in `project/config`, parts of the worker in `parts`.
    """
    owners = {("command", name): BUILT_IN for name in _modules(BUILT_IN)}
    roles = {role.name for one in plugs for role in one.roles}
    for one in plugs:
        for kind, name in _names(one):
            first = owners.setdefault((kind, name), one.package)
            if first != one.package:
                yield f"{one.package}/plug.py: {first} brings the {kind} '{name}' already; choose another name."
        for role in one.roles:
            for name in role.includes:
                if name not in roles:
                    yield f"{one.package}/plug.py: the role '{role.name}' includes '{name}', which no plug brings."


def _names(one: Plug) -> Iterator[tuple[str, str]]:
    yield "name", one.name
    yield from (("entry", f"{entry.place}/{entry.name}") for entry in one.entries)
    yield from (("address", f"{routes.below}/{routes.at}") for routes in one.routes if routes.at)
    yield from (("role", role.name) for role in one.roles)
    yield from (("scope", scope) for scope in one.scopes)
    yield from (("rate", rate) for rate in one.rates)
    yield from (("process", process.name) for process in one.processes)
    yield from (("store", store.name) for store in one.stores)
    yield from (("event that is counted", event) for event in one.measures)
    yield from (("readiness check", check) for check in one.readiness)
    yield from (("folder of a pack", files.folder) for files in one.pack_files)
    if one.commands:
        yield from (("command", name) for name in _modules(one.commands))


def _modules(package: str) -> list[str]:
    return [module.name for module in pkgutil.iter_modules(import_module(package).__path__)]


def applications() -> list[str]:
    """The packages with tables, for Django."""
    return [one.package for one in plug.plugs() if one.tables]


def installed() -> tuple[Plug, ...]:
    """The plugs of this process, which importing this module has installed."""
    return plug.plugs()


plug.install(find())


def parts() -> tuple[Part, ...]:
    """The parts of the worker: those of the plugs, and one for each fold."""
    from praya.kernel.journal import folds
    from praya.kernel.outbox.parts import Part
    from praya.project import access_log

    following = [
        Part(name=fold.name, run=partial(folds.follow, fold), overdue=partial(folds.oldest_unread, fold))
        for fold in all_folds()
    ]
    day = timedelta(days=1)
    forgetting = Part(name="forget_access_log", run=access_log.forget_old, every=day, lane="slow", destructive=True)
    every: tuple[Part, ...] = (*plug.gathered("parts"), *following, forgetting)
    if twice := _repeated(part.name for part in every):
        raise Refused(f"Two plugs bring a part of the worker of the same name: {twice}.")
    if twice := _repeated("/".join(part.sends) for part in every if part.sends is not None):
        raise Refused(f"Two parts of the worker send the same kind of effects in the same lane: {twice}.")
    return every


def _repeated(names: Iterable[str]) -> str:
    return ", ".join(sorted(name for name, number in Counter(names).items() if number > 1))


def all_folds() -> tuple[Fold, ...]:
    """The folds of all plugs."""
    return tuple(plug.gathered("folds"))


def tick(*, at: datetime) -> bool:
    """Run one turn of every part in this thread, for stories and tests; return whether any did something."""
    from praya.kernel.outbox.turns import Turns

    rests = [Turns(part).take(at=at) for part in parts()]
    return not all(rests)


def after_restore(*, at: datetime, by: str) -> int:
    """Complete a restored database: drop what this process remembers of it, and erase again every person erased since.

    Returns how many persons the archive had brought back.
    """
    from praya.journey import erasure
    from praya.kernel.crypto import erased

    for one in plug.plugs():
        for path in one.forget:
            plug.value(path)()
    return erasure.erase_again(erased.subjects(), at=at, by=by)


def note_erased() -> None:
    """Add the erased persons that the journal names to the list outside the database."""
    from praya.kernel.crypto import erased
    from praya.kernel.journal import api as journal

    erased.note(sorted(journal.subjects_of("person_erased") - erased.subjects()))
