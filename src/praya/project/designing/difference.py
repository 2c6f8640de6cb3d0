"""What changed between two versions of a service, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from praya.definition.questions import Question, RepeatQuestion
from praya.definition.service import Service

MAX_VALUE = 60
Parts = dict[str, dict[str, Any]]


def differences(old: Service, new: Service) -> list[str]:
    """One line for each part that was added, removed or changed; empty when they say the same."""
    before, after = _parts(old), _parts(new)
    lines: list[str] = []
    for kind in after:
        was, now = before[kind], after[kind]
        lines += [f"removed {kind} {name}" for name in was if name not in now]
        lines += [f"added {kind} {name}" for name in now if name not in was]
        for name in now:
            if name in was and was[name] != now[name]:
                lines.append(f"changed {kind} {name}: {_changes(was[name], now[name])}")
        common = [name for name in was if name in now]
        if common != [name for name in now if name in was] and kind in {"page", "question"}:
            lines.append(f"changed the order of the {kind}s")
    return lines


def _parts(service: Service) -> dict[str, Parts]:
    data = service.model_dump(mode="json", by_alias=True)
    states = data["flow"]["states"]
    return {
        "page": {page["page"]: {**_but(page, "questions")} for page in data["form"]},
        "question": dict(_questions(service)),
        "party": {name: _but(party, "form") for name, party in data["parties"].items()},
        "condition": {name: _but(rule) for name, rule in data["conditions"].items()},
        "decision": {name: _but(decision) for name, decision in data["decisions"].items()},
        "parameter": {name: _dated(parameter) for name, parameter in data["parameters"].items()},
        "rule of eligibility": {rule["unless"]: _but(rule, "unless") for rule in data["eligibility"]},
        "fee": {fee["label"]["en"]: _but(fee, "label") for fee in data["fees"]},
        "booking": {"": data["booking"]} if data["booking"] else {},
        "state": {name: _but(state, "actions") for name, state in states.items()},
        "action": {
            f"{name}/{action}": _but(body, "ask")
            for name, state in states.items()
            for action, body in state["actions"].items()
        },
        "opening": {"": data["open"]} if data["open"] else {},
        "subject": {"": data["subject"]} if data["subject"] else {},
        "record": data["records"],
        "register": data["registers"],
        "notice": data["notices"],
        "retention": {result: {"kept": length} for result, length in data["retention"].items()},
        "words": {name: {"text": data[name]} for name in ("title", "summary", "who", "needs", "keywords", "minutes")},
        "ground": {name: {"value": data[name]} for name in _GROUND},
    }


_GROUND = ("department", "topic", "reference", "legal", "assurance", "contact", "statistics")


def _questions(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    for page in service.form:
        for question in page.questions:
            yield from _question(question, question.name, page.page)
    for party in service.parties.values():
        for page in party.form:
            for question in page.questions:
                yield from _question(question, f"{party.name}/{question.name}", page.page)
    for state in service.flow.states.values():
        for action in state.actions.values():
            for question in action.ask:
                yield from _question(question, f"{state.name}/{action.name}/{question.name}", "")


def _question(question: Question, name: str, page: str) -> Iterator[tuple[str, dict[str, Any]]]:
    body = _but(question.model_dump(mode="json", by_alias=True), "questions")
    yield name, {**body, "page": page} if page else body
    if isinstance(question, RepeatQuestion):
        for inner in question.questions:
            yield from _question(inner, f"{name}/{inner.name}", "")


def _dated(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The values by their first day, so that a new rate reads as one."""
    return {f"from {value['from']}": value["value"] for value in parameter["values"]}


def _but(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {*names, "name"}}


def _changes(was: Any, now: Any) -> str:
    if not isinstance(was, Mapping) or not isinstance(now, Mapping):
        return _change(was, now)
    said = []
    for name in [*now, *(name for name in was if name not in now)]:
        old, new = was.get(name), now.get(name)
        if old != new:
            said.append(f"{name} {_change(old, new)}")
    return "; ".join(said)


def _change(was: Any, now: Any) -> str:
    if _empty(was):
        return f"is now {_value(now)}"
    if _empty(now):
        return f"was {_value(was)} and is gone"
    if isinstance(was, list | dict) or isinstance(now, list | dict):
        return _text_change(was, now)
    return f"was {_value(was)} and is now {_value(now)}"


def _text_change(was: Any, now: Any) -> str:
    """A text by the languages that changed; anything longer just changed."""
    if isinstance(was, dict) and isinstance(now, dict) and "en" in was and "en" in now:
        languages = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        if languages == ["en"]:
            return f"was {_value(was['en'])} and is now {_value(now['en'])}"
        return f"changed in {', '.join(languages)}"
    short = _value(was), _value(now)
    return f"was {short[0]} and is now {short[1]}" if "…" not in "".join(short) else "changed"


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}, "") or value is False


def _value(value: Any) -> str:
    if isinstance(value, dict) and "en" in value:
        value = value["en"]
    text = f"“{value}”" if isinstance(value, str) and " " in value else str(value)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
