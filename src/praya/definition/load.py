"""Load packs and services from files as frozen values. All problems are reported at once."""

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
from praya.definition.source import Broken, Mark, Message, Problem, Source, read, read_text, scan

# Nobody reads more problems of one file than this.
MOST = 200
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Examined:
    """The result of examining a service file: the service if it is valid, else its valid part, and every problem."""

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
        data[kind] = {name: part.data for name, part in files.items()}
        marks[kind] = Mark(source.file, 1, 1, {name: part.mark for name, part in files.items()})
    whole = Source(source.file, data, source.mark._replace(inner=marks))
    try:
        pack = validated(Pack, whole, {})
    except Broken as broken:
        raise Broken([*problems, *broken.problems]) from None
    problems += [
        whole.problem(where, message)
        for where, message in roles.problems(pack.roles, pack.departments, pack.communities)
    ]
    if problems:
        raise Broken(problems)
    return pack.at(folder)


def load_service(path: Path, pack: Pack) -> Service:
    """The service in the file `path` (or in its folder). Raises Broken with every problem."""
    examined = examine_service(path, pack)
    if examined.service is None:
        raise Broken(examined.problems)
    return examined.service


def examine_service(path: Path, pack: Pack) -> Examined:
    """Examine the service in the file `path`. Raises nothing, whatever the file contains."""
    path = path / "service.yaml" if path.is_dir() else path
    try:
        source = resolved(scan(path), pack.folder)
    except Broken as broken:
        return Examined(None, None, None, broken.problems)
    examined = examine(source, pack)
    name = source.data.get("service") if isinstance(source.data, dict) else None
    if path.name == "service.yaml" and isinstance(name, str) and path.parent.name != name:
        message = f"the service is '{name}' but its folder is '{path.parent.name}'; give both one name"
        wrong = source.problem(("service",), Message("folder-name", message))
        return Examined(source, None, examined.part, [*examined.problems, wrong])
    return examined


def parse_service(source: Source, pack: Pack) -> Service:
    """The service in a source that was read. Raises Broken with every problem."""
    examined = examine(resolved(source, pack.folder), pack)
    if examined.service is None:
        raise Broken(examined.problems)
    return examined.service


def examine(source: Source, pack: Pack) -> Examined:
    """Check the form and the meaning of a service together.

    If a shared file that it uses cannot be read, only that is reported, since every word from that file is missing.
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
    """Remove problems that repeat another one, such as an impossible day that is reported where it is used."""
    dated = {(problem.file, problem.line): problem for problem in reversed(problems) if problem.code == "wrong-date"}
    return [p for p in problems if p.code != "wrong-date" or dated[p.file, p.line] is p]


def service_from_text(text: str, pack: Pack) -> Service:
    """The service of a published definition, whose text was checked before."""
    return validated(Service, read_text(text.encode(), "published definition"), dict(pack.context))


def validated(kind: type[M], source: Source, context: dict[str, Any]) -> M:
    """Validate a source. Raises Broken with every problem of its form."""
    if not isinstance(source.data, dict):
        message = f"expected a {kind.__name__.lower()}: words, each followed by its value"
        raise Broken([source.problem((), Message("wrong-kind", message))])
    try:
        return kind.model_validate(source.data, context=context)
    except ValidationError as error:
        details = [dict(detail) for detail in error.errors(include_url=False)][:MOST]
        raise Broken([problem(kind, source, detail) for detail in details if not echoes(detail)]) from None
