"""From files to frozen values: `load_pack`, `load_service`. Every problem is reported at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from praya.definition import roles
from praya.definition.check import problems_of
from praya.definition.error_words import echoes, problem
from praya.definition.model import Model
from praya.definition.pack import Pack
from praya.definition.partial import Part, sound_part
from praya.definition.service import Service
from praya.definition.shared import resolved
from praya.definition.source import Broken, Mark, Problem, Said, Source, read, read_text, scan

# Of a file in which everything is wrong nobody reads every word of it.
MOST = 200
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Examined:
    """A service file: the service when it is sound, else the part of it that can be understood, and every problem."""

    source: Source | None
    service: Service | None
    part: Part | None
    problems: list[Problem]


def load_pack(folder: Path) -> Pack:
    """The pack in `folder`, with `lists/*.yaml`. Raises Broken."""
    source = scan(folder / "pack.yaml")
    problems = list(source.problems)
    data = dict(source.data) if isinstance(source.data, dict) else {}
    marks = dict(source.mark.inner) if isinstance(source.mark.inner, dict) else {}
    for kind in ("lists", "words"):
        files: dict[str, Source] = {}
        for path in sorted((folder / kind).glob("*.yaml")):
            try:
                files[path.stem] = read(path)
            except Broken as broken:
                problems += broken.problems
        data[kind] = {name: found.data for name, found in files.items()}
        marks[kind] = Mark(source.file, 1, 1, {name: found.mark for name, found in files.items()})
    whole = Source(source.file, data, source.mark._replace(inner=marks))
    try:
        pack = validated(Pack, whole, {})
    except Broken as broken:
        raise Broken([*problems, *broken.problems]) from None
    problems += [
        whole.problem(where, said) for where, said in roles.problems(pack.roles, pack.departments, pack.communities)
    ]
    if problems:
        raise Broken(problems)
    return pack.at(folder)


def load_service(path: Path, pack: Pack) -> Service:
    """The service in the file `path` (or in its folder). Raises Broken with every problem."""
    found = examine_service(path, pack)
    if found.service is None:
        raise Broken(found.problems)
    return found.service


def examine_service(path: Path, pack: Pack) -> Examined:
    """The same, and what can be said of a service that is not sound. Raises nothing for whatever is in the file."""
    path = path / "service.yaml" if path.is_dir() else path
    try:
        source = resolved(scan(path), pack.folder)
    except Broken as broken:
        return Examined(None, None, None, broken.problems)
    found = examine(source, pack)
    name = source.data.get("service") if isinstance(source.data, dict) else None
    if path.name == "service.yaml" and isinstance(name, str) and path.parent.name != name:
        said = f"the service is '{name}' but its folder is '{path.parent.name}'; give both one name"
        wrong = source.problem(("service",), Said("folder-name", said))
        return Examined(source, None, found.part, [*found.problems, wrong])
    return found


def parse_service(source: Source, pack: Pack) -> Service:
    """The service in a source that was read. Raises Broken with every problem."""
    found = examine(resolved(source, pack.folder), pack)
    if found.service is None:
        raise Broken(found.problems)
    return found.service


def examine(source: Source, pack: Pack) -> Examined:
    """The form and the meaning of a service, in one round.

    While a shared file that it uses cannot be read, only that is told: every word that comes from it would be missing.
    """
    unread = [problem for problem in source.problems if problem.file != source.file]
    if unread:
        return Examined(source, None, None, unread)
    try:
        service = validated(Service, source, dict(pack.context))
    except Broken as broken:
        problems = _once([*source.problems, *broken.problems])
        part = sound_part(source, pack) if isinstance(source.data, dict) else None
        if part is not None:
            problems += [p for p in problems_of(part.service, pack, part.source) if part.concerns(p)]
        return Examined(source, None, part, problems)
    problems = [*source.problems, *(p for p in problems_of(service, pack, source) if p.level == "error")]
    part = Part(service, source) if problems else None
    return Examined(source, None if problems else service, part, problems)


def _once(problems: list[Problem]) -> list[Problem]:
    """A day that there is not is said where it is read, and not again where it is used."""
    said = {(problem.file, problem.line): problem for problem in reversed(problems) if problem.code == "wrong-date"}
    return [p for p in problems if p.code != "wrong-date" or said[p.file, p.line] is p]


def service_from_text(text: str, pack: Pack) -> Service:
    """A published definition's text as the value it was checked to be."""
    return validated(Service, read_text(text.encode(), "published definition"), dict(pack.context))


def validated(kind: type[M], source: Source, context: dict[str, Any]) -> M:
    """The value in a source. Raises Broken with every problem of its form."""
    if not isinstance(source.data, dict):
        said = f"expected a {kind.__name__.lower()}: words, each followed by its value"
        raise Broken([source.problem((), Said("wrong-kind", said))])
    try:
        return kind.model_validate(source.data, context=context)
    except ValidationError as error:
        details = [dict(detail) for detail in error.errors(include_url=False)][:MOST]
        raise Broken([problem(kind, source, detail) for detail in details if not echoes(detail)]) from None
