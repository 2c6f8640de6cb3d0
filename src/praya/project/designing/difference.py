"""What changed between two versions of a service, in words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from praya.definition.chapter import FLOW, no_parts
from praya.definition.chapters import in_service, words_in_service
from praya.definition.questions import Question, RepeatQuestion
from praya.definition.service import Service
from praya.kernel import jsontext
from praya.kernel.text import LANGUAGES

MAX_VALUE = 60
CONTEXT = 24
UNSAID = re.compile(r"^(text|value)(\.|$)")
LANGUAGE_CODES = set(LANGUAGES)
Parts = dict[str, dict[str, Any]]


def differences(old: Service, new: Service) -> list[str]:
    """One line for each part that was added, removed or changed; empty when the two are equal."""
    before, after = _parts(old), _parts(new)
    lines: list[str] = []
    for kind in after:
        was, now = before[kind], after[kind]
        lines += [f"removed {kind} {name}" for name in was if name not in now]
        lines += [f"added {kind} {name}" for name in now if name not in was]
        for name in now:
            if name in was and was[name] != now[name]:
                lines.append(f"{f'changed {kind} {name}'.strip()}: {_changes(was[name], now[name])}")
        common = [name for name in was if name in now]
        if common != [name for name in now if name in was] and kind in {"page", "question"}:
            lines.append(f"changed the order of the {kind}s")
    return lines


def _parts(service: Service) -> dict[str, Parts]:
    data = _as_published(service)
    states = data["flow"]["states"]
    return {
        "page": {page["page"]: {**_but(page, "questions")} for page in data["form"]},
        "question": dict(_questions(service)),
        "condition": {name: _but(rule) for name, rule in data["conditions"].items()},
        "decision": {name: _but(decision) for name, decision in data["decisions"].items()},
        "parameter": {name: _dated(parameter) for name, parameter in data["parameters"].items()},
        "rule of eligibility": {rule["unless"]: _but(rule, "unless") for rule in data["eligibility"]},
        "limit": {limit["at_most"]: _but(limit, "at_most") for limit in data["limits"]},
        **_of_chapters(data, before_flow=True),
        "booking": {"": data["booking"]} if data["booking"] else {},
        "flow": {"": _but(data["flow"], "states")},
        "state": {name: _but(state, "actions") for name, state in states.items()},
        "action": {
            f"{name}/{action}": _but(body, "ask")
            for name, state in states.items()
            for action, body in state["actions"].items()
        },
        "opening": {"": data["open"]} if data["open"] else {},
        **_of_chapters(data, before_flow=False),
        "retention": {result: {"kept": length} for result, length in data["retention"].items()},
        "words": {name: {"text": data[name]} for name in _WORDS},
        "ground": {name: {"value": data[name]} for name in _GROUND},
        # Words that are added to the language later are compared as well.
        "part": {name: value if isinstance(value, dict) else {"value": value} for name, value in _rest(data)},
    }


def _as_published(part: Service | Question) -> dict[str, Any]:
    """The JSON of a definition as it is published, so that a number is equal to itself however it was written."""
    read: dict[str, Any] = jsontext.loads(jsontext.dumps(part.model_dump(by_alias=True), default=to_jsonable_python))
    return read


def _of_chapters(data: Mapping[str, Any], *, before_flow: bool) -> dict[str, Parts]:
    """The parts that chapters compare separately, in the order of their words in a service."""
    return {
        kind: parts
        for chapter in in_service()
        if (chapter.at < FLOW) == before_flow
        for kind, parts in chapter.differences(data).items()
    }


def _rest(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if name not in {*_GROUND, *_WORDS, *_COMPARED, *_COMPARED_BY_CHAPTERS} and not _empty(value):
            yield name, value


_WORDS = ("title", "summary", "who", "needs", "keywords", "minutes")
_COMPARED = ("service", "version", "form", "conditions", "parameters", "eligibility", "flow", "retention")
_COMPARED_BY_CHAPTERS = frozenset(words_in_service(lambda chapter: chapter.differences is not no_parts))


_GROUND = ("department", "topic", "reference", "legal", "assurance", "statistics")


def _questions(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, section in service.sections.items():
        for page in section.form:
            for question in page.questions:
                yield from _question(question, "/".join((*map(str, path[1:]), question.name)), page.page)
    for state in service.flow.states.values():
        for action in state.actions.values():
            for question in action.ask:
                yield from _question(question, f"{state.name}/{action.name}/{question.name}", "")


def _question(question: Question, name: str, page: str) -> Iterator[tuple[str, dict[str, Any]]]:
    body = _but(_as_published(question), "questions")
    yield name, {**body, "page": page} if page else body
    if isinstance(question, RepeatQuestion):
        for inner in question.questions:
            yield from _question(inner, f"{name}/{inner.name}", "")


def _dated(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter's values by their first day, so that a new rate shows as one addition."""
    return {f"from {value['from']}": value["value"] for value in parameter["values"]}


def _but(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {*names, "name"}}


def _changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    return "; ".join(f"{UNSAID.sub('', where)} {what}".strip() for where, what in _apart(was, now, ()))


def _apart(was: Any, now: Any, where: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each path at which two values differ, with both."""
    if was == now:
        return
    if _is_text(was) and _is_text(now):
        yield from _text(was, now, where)
    elif isinstance(was, Mapping) and isinstance(now, Mapping):
        for name in [*now, *(name for name in was if name not in now)]:
            yield from _apart(was.get(name), now.get(name), (*where, name))
    elif isinstance(was, list) and isinstance(now, list) and _keyed(was) and _keyed(now):
        before, after = {_key(item): item for item in was}, {_key(item): item for item in now}
        for name in [*after, *(name for name in before if name not in after)]:
            yield from _apart(before.get(name), after.get(name), (*where, name))
        if [n for n in before if n in after] != [n for n in after if n in before]:
            yield ".".join(where), "is in another order"
    elif _empty(was):
        yield ".".join(where), f"is now {_value(now)}"
    elif _empty(now):
        yield ".".join(where), f"was {_value(was)} and is gone"
    else:
        yield ".".join(where), _was_and_is(was, now)


def _is_text(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) <= LANGUAGE_CODES and bool(value)


def _text(was: Mapping[str, str], now: Mapping[str, str], where: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The languages in which a text changed, without a text that is drafted from another one."""
    changed = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    if "zh-hant" in changed and "zh-hans" in changed:
        changed.remove("zh-hans")
    for language in changed:
        yield ".".join((*where, language)), _was_and_is(was.get(language), now.get(language))


def _keyed(items: list[Any]) -> bool:
    keys = [_key(item) for item in items]
    return all(keys) and len(set(keys)) == len(keys)


def _key(item: Any) -> str:
    """The key of an item of a list: an option's value, a way's target."""
    if not isinstance(item, Mapping):
        return ""
    return next((str(item[name]) for name in ("name", "value", "to", "unless", "visit", "date") if item.get(name)), "")


def _was_and_is(was: Any, now: Any) -> str:
    if isinstance(was, str) and isinstance(now, str) and max(len(was), len(now)) > MAX_VALUE:
        was, now = _around(was, now), _around(now, was)
    return f"was {_value(was)} and is now {_value(now)}"


def _around(text: str, other: str) -> str:
    """The differing part of a long text, with a little before and after it."""
    first = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))
    pairs = zip(reversed(text[first:]), reversed(other[first:]), strict=False)
    last = len(text) - next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(text), len(other)) - first)
    start, end = max(0, first - CONTEXT), min(len(text), max(last, first) + CONTEXT)
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}, "") or value is False


def _value(value: Any) -> str:
    if isinstance(value, dict):
        value = value["en"] if "en" in value else jsontext.dumps(value)
    if value is None or value == "":
        return "nothing"
    text = f"“{value}”" if isinstance(value, str) and not value.replace("_", "").isalnum() else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 2 * MAX_VALUE else text[: 2 * MAX_VALUE - 1] + "…"
