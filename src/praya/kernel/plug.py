"""A plug: all that a block, a face or a system brings to the platform, in one frozen value.

`plug.py` of each of them holds one `PLUG`. `project/wiring` finds them all and checks them; whoever gathers what they
bring asks `plugs()`. Nothing outside a system's folder names the system, so that a system is added, and taken away, by
its folder alone. docs/howto/add-a-system.md adds one.

Whatever is code is named by its path, `package.module:name`, and imported when it is first needed (`value`): plugs are
read before any setting is.
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

Audience = Literal["anyone", "resident", "officer", "machine", "demo"]
Place = Literal["header", "footer", "home", "me", "service", "desk", "demo"]
"""Where an `Entry` stands: the header or footer of every page, the home page, a person's page, a service's page, the
tabs of the desk, what `praya demo` prints of where to look."""
SlotName = Literal["head", "page_end", "home", "me", "service", "draws", "register", "case"]
"""Where a `Slot` is filled: the head or the end of every page, the home page, a person's page, a service's page, its
draws, the page of a public register, a case at the desk."""
Below = Literal["portal", "desk", "root"]
"""Where addresses begin: `/<lang>/`, `/<lang>/desk/` or `/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What the answers below an address say beside what every answer says.

    `policy` adds sources to directives of the Content-Security-Policy (`(("form-action", "https:"),)`). `shared` lets
    pages of other origins read the answers (CORS, and Cross-Origin-Resource-Policy): for public data only.
    """

    policy: tuple[tuple[str, str], ...] = ()
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Addresses: the module `urls` has Django's `urlpatterns`, which begin with `at`.

    Each view says who may use it by `praya.web.who.open_to`. `errors` is the shape in which a failure is told there.
    """

    urls: str
    below: Below = "portal"
    at: str = ""
    headers: Headers = Headers()
    errors: Literal["page", "json"] = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A link in a menu. `label` is a key of `words.yaml`; so is `lead`, a sentence for the home page.

    `to` is the address behind `/<lang>/`; of an entry of a service's page it may hold `{service}`. Entries stand by
    `order`. `shows` names a function that answers whether somebody sees it: it is given the officer at the desk, the
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
    """A piece of a page: `content` names a function of the request, the language and what the page is about.

    It answers markup that is safe as it is, or an empty text. On pages that are kept for everybody (`home`, `service`,
    and `page_end` of these) it may depend on the language only.
    """

    place: SlotName
    content: str
    order: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A program beside web and worker: `praya demo` starts it, and docs name it for production."""

    name: str
    command: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A folder of files beside the database, which `folder` gives.

    It is backed up and restored with the uploads; one that is `made_again` from the journal or the pack is not.
    `erase` names a function of a person's reference that leaves nothing of the person in the files.
    """

    name: str
    sentence: str
    made_again: bool = False
    erase: str = ""

    @property
    def folder(self) -> Path:
        """Where the files are; made when it is not there."""
        from django.conf import settings  # noqa: PLC0415 (plugs are read before settings are)

        above = settings.PRAYA.data_dir / "made" if self.made_again else settings.PRAYA.files_dir / "stores"
        path: Path = above / self.name
        path.mkdir(parents=True, exist_ok=True)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFiles:
    """Files of a kind in a pack: those of `folder` whose name matches `pattern`.

    `read` names a function of a path and the pack that answers the value or raises `Broken`: `praya check` calls it for
    each file. `publish` names a function of all values (`at`, `by`) that `praya publish` calls; empty for none.
    """

    folder: str
    read: str
    publish: str = ""
    pattern: str = "*.yaml"


@dataclass(frozen=True, slots=True)
class Document:
    """Something that the search of the portal finds: `url` is behind `/<lang>/`, `words` are searched and not shown."""

    url: str
    title: Text
    text: Text
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set of open data: what it is, and the address of each of its files by kind (`csv`, `json`, ...)."""

    name: str
    title: Text
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """What one folder brings. Every field but the name is optional; a path is `package.module:name`.

    tables        whether the package is a Django application with tables (`apps.py`, `models.py`, `migrations/`)
    routes        addresses of people and machines that are no operations of the API
    operations    modules with operations of the API (`praya.web.api.guards.operation`)
    entries       links in the menus
    slots         pieces of pages
    roles         what officers and others may be
    scopes        what a machine's token may open, each with a sentence
    rates         limits of requests by purpose, such as `{"search": "240/minute"}`
    parts         a tuple of `praya.kernel.outbox.parts.Part`, or a function that makes it: what the worker does
    folds         a tuple of `praya.kernel.journal.folds.Fold`: what is made from the journal, with the events it reads
    processes     programs beside web and worker
    stores        folders of files beside the database
    settings      a pydantic model; its fields are read from `PRAYA_<NAME>_<FIELD>`, and `settings_of` gives them
    readiness     checks of /readyz by name, each a function that answers whether it holds
    checks        functions of a moment (`at`) that answer `praya.kernel.finding.Finding`s for `praya doctor`
    measures      events of the journal that the open figures count, with the measure's name
    documents     a function that answers `Document`s for the search
    data_sets     a function that answers `DataSet`s
    pack_files    kinds of files in a pack
    commands      a package whose modules are commands of `praya`
    forget        functions without arguments that forget what a process remembers of the database, after a restore

    `templates/`, `words.yaml` and `static/` of the folder are found by themselves.
    """

    name: str
    package: str = ""
    """The package of the folder; whoever finds the plug fills it in."""
    tables: bool = False
    routes: tuple[Routes, ...] = ()
    operations: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
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
    measures: Mapping[str, str] = field(default_factory=dict)
    documents: str = ""
    data_sets: str = ""
    pack_files: tuple[PackFiles, ...] = ()
    commands: str = ""
    forget: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the plug's package lies."""
        found = import_module(self.package).__file__
        assert found is not None  # noqa: S101 (a package with a plug has an __init__.py)
        return Path(found).parent


_installed: tuple[Plug, ...] = ()
_settings: dict[str, Any] = {}


def install(found: Iterable[Plug]) -> None:
    """Let these be the plugs of this process; `project/wiring` does so once, before settings are read."""
    global _installed  # noqa: PLW0603 (a process has one set of plugs)
    _installed = tuple(found)
    roles.install((plug.name, role) for plug in _installed for role in plug.roles)
    value.cache_clear()
    _prefixes.cache_clear()


def plugs() -> tuple[Plug, ...]:
    """Every plug of this process: kernel, blocks, journey, faces, systems; in each of these by name."""
    return _installed


@lru_cache(maxsize=1024)
def value(path: str) -> Any:
    """What stands at `package.module:name`. Raises ImportError, AttributeError."""
    module, _, name = path.partition(":")
    found = import_module(module)
    return getattr(found, name) if name else found


def folders(name: str) -> list[Path]:
    """The folders (or files) of this name in the folders of all plugs, and in the `pages` and `desk` of these."""
    rooms = [room for plug in plugs() for room in (plug.folder, plug.folder / "pages", plug.folder / "desk")]
    return [path for room in rooms if (path := room / name).exists()]


def entries(place: Place) -> list[Entry]:
    """The links of a menu, in their order."""
    return sorted((e for plug in plugs() for e in plug.entries if e.place == place), key=lambda e: (e.order, e.name))


def shown(entry: Entry, whom: Any) -> bool:
    """Whether somebody sees a link."""
    return not entry.shows or bool(value(entry.shows)(whom))


def slots(place: SlotName) -> list[Callable[..., str]]:
    """What fills a slot, in order."""
    found = [slot for plug in plugs() for slot in plug.slots if slot.place == place]
    return [value(slot.content) for slot in sorted(found, key=lambda slot: (slot.order, slot.content))]


def routes(below: Below) -> Iterator[Routes]:
    """The addresses that begin there, in the order of the plugs."""
    return (one for plug in plugs() for one in plug.routes if one.below == below)


@lru_cache(maxsize=1)
def _prefixes() -> list[tuple[Below, str, Routes]]:
    told = [(one.below, one.at, one) for plug in plugs() for one in plug.routes if one.at]
    return sorted(told, key=lambda row: -len(row[1]))


def routes_of(path: str) -> Routes | None:
    """The routes below which an address (`/data/x.csv`, `/en/desk/x`) stands; None where it stands below no `at`."""
    language, _, rest = path.removeprefix("/").partition("/")
    starts = {"root": path.removeprefix("/"), "portal": rest, "desk": rest.removeprefix("desk/")}
    if not rest.startswith("desk/"):
        del starts["desk"]
    return next((one for below, at, one in _prefixes() if language and starts.get(below, "").startswith(at)), None)


def stores() -> list[Store]:
    """The folders of files of all plugs."""
    return [store for plug in plugs() for store in plug.stores]


def pack_files() -> list[PackFiles]:
    """The kinds of files of a pack that plugs bring."""
    return [files for plug in plugs() for files in plug.pack_files]


def merged(what: Literal["scopes", "rates", "readiness", "measures"]) -> dict[str, str]:
    """What all plugs bring under a name."""
    return {name: said for plug in plugs() for name, said in getattr(plug, what).items()}


def settings_of(name: str) -> Any:
    """The settings of a plug, as its model. Raises KeyError where it has none."""
    return _settings[name]


def configure(found: Mapping[str, Any]) -> None:
    """Let these be the settings of the plugs; `project/config` does so once."""
    _settings.clear()
    _settings.update(found)


def gathered(what: Literal["parts", "folds"]) -> list[Any]:
    """The values of all plugs of one kind, in the order of the plugs."""
    out: list[Any] = []
    for plug in plugs():
        if path := getattr(plug, what):
            found = value(path)
            out += found() if callable(found) else found
    return out
