"""From files to frozen values: `load_pack`, `load_service`. Every problem is reported at once."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from praya.definition.check import problems_of
from praya.definition.model import Model
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.source import Broken, Problem, Source, read, read_text
from praya.kernel.expression import nearest

M = TypeVar("M", bound=Model)


def load_pack(folder: Path) -> Pack:
    """The pack in `folder`, with `lists/*.yaml`. Raises Broken."""
    source = read(folder / "pack.yaml")
    problems: list[Problem] = []
    lists: dict[str, Any] = {}
    for path in sorted((folder / "lists").glob("*.yaml")):
        try:
            lists[path.stem] = read(path).data
        except Broken as broken:
            problems += broken.problems
    if problems:
        raise Broken(problems)
    data = source.data if isinstance(source.data, dict) else {}
    return _validated(Pack, Source(source.file, {**data, "lists": lists}, source.places), {})


def load_service(path: Path, pack: Pack) -> Service:
    """The service in the file `path` (or in its folder). Raises Broken with every problem."""
    path = path / "service.yaml" if path.is_dir() else path
    source = read(path)
    service = parse_service(source, pack)
    if path.name == "service.yaml" and path.parent.name != service.service:
        message = f"the service is '{service.service}' but its folder is '{path.parent.name}'; give both one name"
        raise Broken([source.problem(("service",), message)])
    return service


def parse_service(source: Source, pack: Pack) -> Service:
    """The service in a source that was read. Raises Broken with every problem."""
    service = _validated(Service, source, dict(pack.context))
    problems = [p for p in problems_of(service, pack, source) if p.level == "error"]
    if problems:
        raise Broken(problems)
    return service


def service_from_text(text: str, pack: Pack) -> Service:
    """A published definition's text as the value it was checked to be."""
    return _validated(Service, read_text(text.encode(), "published definition"), dict(pack.context))


def _validated(kind: type[M], source: Source, context: dict[str, Any]) -> M:
    if not isinstance(source.data, dict):
        raise Broken([source.problem((), f"expected a {kind.__name__.lower()}: words, each followed by its value")])
    try:
        return kind.model_validate(source.data, context=context)
    except ValidationError as error:
        raise Broken([_problem(kind, source, dict(detail)) for detail in error.errors(include_url=False)]) from None


def _problem(kind: type[BaseModel], source: Source, detail: dict[str, Any]) -> Problem:
    path = _path(source.data, detail["loc"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    code = detail["type"]
    if code == "extra_forbidden":
        word = str(detail["loc"][-1])
        known = _words_at(kind, detail["loc"][:-1])
        message = f"'{word}' is not a word of the language here{nearest(word, known)}"
        if known:
            message += f" (known: {', '.join(sorted(known))})"
    elif code == "missing":
        message = f"'{detail['loc'][-1]}' is missing"
    elif code == "union_tag_not_found":
        message = "'type' is missing; say which type of question it is, like {type: text}"
    elif code == "union_tag_invalid":
        tags = [tag.strip("' ") for tag in detail["ctx"]["expected_tags"].split(",")]
        message = f"there is no question type '{detail['ctx']['tag']}'{nearest(detail['ctx']['tag'], tags)}"
        message += f" (known: {', '.join(tags)})"
    return source.problem(path, message)


def _path(data: Any, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The part of a pydantic location that exists in the file: union tags and generated keys fall out."""
    path: list[str | int] = []
    for step in location:
        if isinstance(data, dict) and len(data) == 1 and step not in data:
            (only, body), *_ = data.items()
            if isinstance(body, dict) and step in body:
                path.append(only)
                data = body
        if (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        ):
            path.append(step)
            data = data[step]  # type: ignore[index]
    return tuple(path)


def _words_at(kind: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """The words that the model at `location` knows; found by walking the JSON Schema."""
    schema = kind.model_json_schema()
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for step in location:
        nodes = [child for node in nodes for child in _children(_opened(node, definitions), step)]
        if not nodes:
            return []
    words: set[str] = set()
    for node in nodes:
        for opened in _opened(node, definitions):
            words |= set(opened.get("properties", {}))
    return sorted(words - {"described", "districts"})


def _opened(node: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in node:
        return _opened(definitions[node["$ref"].rsplit("/", 1)[1]], definitions)
    for union in ("anyOf", "oneOf"):
        if union in node:
            return [opened for option in node[union] for opened in _opened(option, definitions)]
    return [node]


def _children(nodes: list[dict[str, Any]], step: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        if node.get("properties", {}).get("type", {}).get("const") == step:
            found.append(node)
        elif isinstance(step, str) and step in node.get("properties", {}):
            found.append(node["properties"][step])
        elif isinstance(step, int) and isinstance(node.get("items"), dict):
            found.append(node["items"])
        elif isinstance(step, str) and isinstance(node.get("additionalProperties"), dict):
            found.append(node["additionalProperties"])
    return found
