"""A plug: everything that a block, a face or a system contributes to the platform, in one frozen value.

The `plug.py` of each contains one `PLUG`. `project/wiring` discovers and checks all of them; other code reads them by
`plugs()`. Nothing outside a system's folder names the system, so adding or removing a system means adding or removing
its folder. docs/howto/add-a-system.md shows how.

Code is named by its path, `package.module:name`, and imported when it is first needed (`value`), because plugs are
read before the settings are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from praya.kernel import roles
from praya.kernel.roles import Role
from praya.kernel.text import Text

Place = Literal["header", "footer", "home", "me", "service", "desk", "demo"]
"""Where a `MenuEntry` stands: the header or footer of every page, the home page, a person's page, a service's page, the
tabs of the desk, the addresses that `praya demo` prints."""
SlotName = Literal["head", "page_top", "page_end", "home", "me", "service", "draws", "register", "case", "community"]
"""The place of a `Slot`: head, top or end of every page, home page, a person's page, a service's page, its draws, the
page of a public register, a case at the desk, the page of a community."""
Below = Literal["portal", "desk", "root"]
"""The prefix of addresses: `/<lang>/`, `/<lang>/desk/` or `/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Response headers below an address, in addition to those of every response.

    `policy` adds sources to directives of the Content-Security-Policy (`(("form-action", "https:"),)`). `shared` lets
    pages of other origins read the responses (CORS and Cross-Origin-Resource-Policy): for public data only. `cache` is
    for how many seconds anybody may store a successful response to GET. It does not apply to a response that sets a
    header Cache-Control itself, or that is personal (see `project/security`).
    """

    policy: tuple[tuple[str, str], ...] = ()
    shared: bool = False
    cache: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """An error that a function named by `Routes.errors` writes as a response.

    `message` is a sentence in the reader's language. `request_id` finds the request in the log; it is empty for errors
    that the requester caused.
    """

    status: int
    code: str
    message: str
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Addresses: the module `urls` contains Django's `urlpatterns`, all of which begin with `at`.

    Each view declares who may use it by `praya.web.who.open_to`; an address without that declaration is refused at the
    start. `errors` is the format of error responses there: a page, the JSON of our API, or, for a standard with a
    format and media type of its own, the path of a function of an `ErrorResponse` that returns the response.
    """

    urls: str
    below: Below = "portal"
    at: str = ""
    headers: Headers = Headers()
    errors: str = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A link in a menu. `label` is a key of `words.yaml`; so is `lead`, a sentence for the home page.

    `to` is the address after `/<lang>/`; on a service's page it may contain `{service}`. Entries are sorted by `order`.
    `shows` names a function that returns whether somebody sees the entry. Its argument is the officer at the desk, the
    definition on a service's page, and the request elsewhere.
    """

    place: Place
    name: str
    label: str
    to: str
    order: int
    lead: str = ""
    shows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A part of a page: `content` names a function of the request, the language and the subject of the page.

    It returns safe markup or an empty text. On pages that are cached for everybody (`home`, `service`, and `page_top`
    and `page_end` of these) the result may depend on the language only.
    """

    place: SlotName
    content: str
    order: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A program beside web and worker. `praya demo` starts it; the documentation lists it for production."""

    name: str
    command: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A folder of files beside the database.

    It is backed up and restored with the uploads, unless it can be `made_again` from the journal or the pack. `erase`
    names a function that removes all data of a person, given the person's reference, from the files.
    """

    name: str
    sentence: str
    made_again: bool = False
    erase: str = ""

    @property
    def folder(self) -> Path:
        """The path of the folder, which is created when it does not exist."""
        from django.conf import settings  # noqa: PLC0415 (plugs are read before settings are)

        above = settings.PRAYA.data_dir / "made" if self.made_again else settings.PRAYA.files_dir / "stores"
        path: Path = above / self.name
        path.mkdir(parents=True, exist_ok=True)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFiles:
    """A kind of files in a pack: those in `folder` whose name matches `pattern`.

    `read` names a function of a path and the pack that returns the file's value or raises `Broken`; `praya check` calls
    it for each file. `publish` names a function of all values (`at`, `by`) that `praya publish` calls; empty for none.
    `praya preview FILE` calls both at every save, and opens `shown_at`: the address after `/<lang>/` of the page that
    displays the file, in which `{name}` is the file's name without its suffix.
    """

    folder: str
    read: str
    publish: str = ""
    pattern: str = "*.yaml"
    shown_at: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the portal's search: `url` follows `/<lang>/`; `words` are searched but not displayed.

    `department` is the pack's name of the department whose it is, if it is one's.
    """

    url: str
    title: Text
    text: Text
    words: tuple[str, ...] = ()
    kind: Literal["page", "form", "data"] = "page"
    department: str = ""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set of open data: its title, and the address of each of its files by kind (`csv`, `json`, ...)."""

    name: str
    title: Text
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """Everything that one folder contributes. Only the name is required; a path is `package.module:name`.

    tables        whether the package is a Django application with tables (`apps.py`, `models.py`, `migrations/`)
    routes        addresses for people and machines, other than operations of the API
    operations    modules with operations of the API (`praya.web.api.guards.operation`)
    entries       links in the menus
    slots         parts of pages
    roles         roles of officers and others
    scopes        what a machine's token may permit, each with a description
    rates         rate limits of requests by purpose, such as `{"search": "240/minute"}`
    parts         a tuple of `praya.kernel.outbox.parts.Part`, or a function that returns it: tasks of the worker
    folds         a tuple of `praya.kernel.journal.folds.Fold`: tables that are computed from the journal
    processes     programs beside web and worker
    stores        folders of files beside the database
    settings      a pydantic model; its fields are read from `PRAYA_<NAME>_<FIELD>`, and `settings_of` gives them
    readiness     checks of /readyz by name, each a function that returns whether it holds
    checks        functions of a moment (`at`) that return `praya.kernel.check_result.CheckResult`s for `praya doctor`
    metrics       a function that yields prometheus_client metrics for /metrics, whose names begin with `praya_<name>_`
    measures      events of the journal that the statistics count, with the name of the measure
    documents     a function that returns `Document`s for the search
    documents_edition   a function that returns a text which changes with them; without it they are compared themselves
    data_sets     a function that returns `DataSet`s
    pack_files    kinds of files in a pack
    commands      a package whose modules are commands of `praya`
    fact_words    a function of a service, a register and numbers by the name of their fact: the words of those that are
                  money, for entries that were stored with the bare number
    forget        functions without arguments that empty a process's caches of the database, after a restore

    `templates/`, `words.yaml` and `static/` of the folder are discovered automatically.
    """

    name: str
    package: str = ""
    """The package of the folder; `project/wiring` sets it."""
    tables: bool = False
    routes: tuple[Routes, ...] = ()
    operations: tuple[str, ...] = ()
    entries: tuple[MenuEntry, ...] = ()
    slots: tuple[Slot, ...] = ()
    roles: tuple[Role, ...] = ()
    scopes: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, str] = field(default_factory=dict)
    parts: str = ""
    folds: str = ""
    processes: tuple[Process, ...] = ()
    stores: tuple[Store, ...] = ()
    settings: str = ""
    readiness: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    metrics: str = ""
    measures: Mapping[str, str] = field(default_factory=dict)
    documents: str = ""
    documents_edition: str = ""
    data_sets: str = ""
    pack_files: tuple[PackFiles, ...] = ()
    commands: str = ""
    fact_words: str = ""
    forget: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the plug's package."""
        file = import_module(self.package).__file__
        assert file is not None  # noqa: S101 (a package with a plug has an __init__.py)
        return Path(file).parent


_installed: tuple[Plug, ...] = ()
_settings: dict[str, Any] = {}


def install(discovered: Iterable[Plug]) -> None:
    """Set the plugs of this process. `project/wiring` calls it once, before the settings are read."""
    global _installed  # noqa: PLW0603 (a process has one set of plugs)
    _installed = tuple(discovered)
    roles.install((plug.name, role) for plug in _installed for role in plug.roles)
    value.cache_clear()
    _prefixes.cache_clear()


def plugs() -> tuple[Plug, ...]:
    """Every plug of this process: those of kernel, blocks, journey, faces and systems, each group sorted by name."""
    return _installed


@lru_cache(maxsize=1024)
def value(path: str) -> Any:
    """Import the object at `package.module:name`. Raises ImportError, AttributeError."""
    module_name, _, name = path.partition(":")
    module = import_module(module_name)
    return getattr(module, name) if name else module


def folders(name: str) -> list[Path]:
    """The folders (or files) of this name in the folder of every plug, and in its `pages` and `desk`."""
    parents = [path for plug in plugs() for path in (plug.folder, plug.folder / "pages", plug.folder / "desk")]
    return [path for parent in parents if (path := parent / name).exists()]


def menu_entries(place: Place) -> list[MenuEntry]:
    """The entries of a menu, in order."""
    return sorted((e for plug in plugs() for e in plug.entries if e.place == place), key=lambda e: (e.order, e.name))


def is_shown(entry: MenuEntry, whom: Any) -> bool:
    """Whether somebody sees a menu entry."""
    return not entry.shows or bool(value(entry.shows)(whom))


def slots(place: SlotName) -> list[Callable[..., str]]:
    """The content functions of a slot, in order."""
    filling = [slot for plug in plugs() for slot in plug.slots if slot.place == place]
    return [value(slot.content) for slot in sorted(filling, key=lambda slot: (slot.order, slot.content))]


def routes(below: Below) -> Iterator[Routes]:
    """The routes with this prefix, in the order of the plugs."""
    return (one for plug in plugs() for one in plug.routes if one.below == below)


@lru_cache(maxsize=1)
def _prefixes() -> list[tuple[Below, str, Routes]]:
    prefixes = [(one.below, one.at, one) for plug in plugs() for one in plug.routes if one.at]
    return sorted(prefixes, key=lambda row: -len(row[1]))


def routes_of(path: str) -> Routes | None:
    """The routes to which an address (`/data/x.csv`, `/en/desk/x`) belongs; None when no `at` is its prefix."""
    language, _, rest = path.removeprefix("/").partition("/")
    starts = {"root": path.removeprefix("/"), "portal": rest, "desk": rest.removeprefix("desk/")}
    if not rest.startswith("desk/"):
        del starts["desk"]
    return next((one for below, at, one in _prefixes() if language and starts.get(below, "").startswith(at)), None)


def stores() -> list[Store]:
    """The stores of all plugs."""
    return [store for plug in plugs() for store in plug.stores]


def pack_files() -> list[PackFiles]:
    """The kinds of pack files of all plugs."""
    return [files for plug in plugs() for files in plug.pack_files]


def merged(what: Literal["scopes", "rates", "readiness", "measures"]) -> dict[str, str]:
    """The merged dictionaries of all plugs in one field."""
    return {name: text for plug in plugs() for name, text in getattr(plug, what).items()}


def settings_of(name: str) -> Any:
    """The settings of a plug, an instance of its model. Raises KeyError when it has none."""
    return _settings[name]


def configure(by_plug: Mapping[str, Any]) -> None:
    """Set the settings of the plugs, by name. `project/config` calls it once."""
    _settings.clear()
    _settings.update(by_plug)


def gathered(what: Literal["parts", "folds"]) -> list[Any]:
    """The parts or folds of all plugs, in the order of the plugs."""
    out: list[Any] = []
    for plug in plugs():
        if path := getattr(plug, what):
            values = value(path)
            out += values() if callable(values) else values
    return out
