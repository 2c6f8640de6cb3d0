"""Public registers as files: CSV, JSON, and the schema of the JSON."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Kind
from praya.journey import load, register_facts
from praya.kernel import jsontext
from praya.systems.open_data.machine.csv_files import csv_response
from praya.web import who
from praya.web.portal.public import public_register, value_in


@who.open_to("anyone")
def register_csv(request: HttpRequest, *, service: str, register: str) -> HttpResponseBase:
    """A whole public register as CSV, in every language."""
    owner, declared = public_register(service, register)
    today, languages = load.pack().calendar.day_of(who.now()), load.pack().languages
    head = [f"{name}_{language}" for name in declared.shown for language in languages]
    typed = register_facts.typed(declared, owner)
    of_values = [column for name, kind in typed.items() for column in _columns(name, kind)]

    def rows() -> Iterator[list[Any]]:
        yield ["entry", *head, "from_date", "until_date", *of_values]
        for entry in registers.all_entries(service=service, register=register, on=today):
            facts = [value_in(entry.facts.get(name, ""), language) for name in declared.shown for language in languages]
            values = [cell for name, kind in typed.items() for cell in _cells(entry.values.get(name), kind)]
            yield [entry.number, *facts, entry.from_date, entry.until_date or "", *values]

    return csv_response(rows(), f"{service}-{register}")


@who.open_to("anyone")
def register_json(request: HttpRequest, *, service: str, register: str) -> HttpResponseBase:
    """A whole public register as JSON, in every language; `register_schema` gives its schema."""
    owner, declared = public_register(service, register)
    typed = register_facts.typed(declared, owner)
    today, address = load.pack().calendar.day_of(who.now()), request.path.removesuffix(".json")
    head = {
        "$schema": request.build_absolute_uri(f"{address}.schema.json"),
        "service": service,
        "register": register,
        "in_force_on": today,
    }

    def lines() -> Iterator[str]:
        # One entry on each line, so that a large register is never whole in memory.
        yield f'{_json(head)[:-1]}, "entries": ['
        comma = "\n"
        for entry in registers.all_entries(service=service, register=register, on=today):
            facts = {name: entry.facts.get(name, "") for name in declared.shown}
            values = {name: register_facts.plain_value(entry.values.get(name), kind) for name, kind in typed.items()}
            row = {
                "entry": entry.number,
                "from_date": entry.from_date,
                "until_date": entry.until_date,
                "facts": facts,
                "values": values,
            }
            yield comma + _json(row)
            comma = ",\n"
        yield "\n]}\n"

    return StreamingHttpResponse(lines(), content_type="application/json")


def _json(value: Any) -> str:
    return jsontext.dumps(value)


def _columns(name: str, kind: Kind) -> list[str]:
    return [f"{name}_lat", f"{name}_lon"] if kind == "place" else [f"{name}_value"]


def _cells(kept: Any, kind: Kind) -> list[Any]:
    """A value in the cells of its columns; a truth is true or false, as in JSON."""
    value = register_facts.plain_value(kept, kind)
    if kind == "place":
        return [(value or {}).get(part) if (value or {}).get(part) is not None else "" for part in ("lat", "lon")]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return ["" if value is None else value]


@who.open_to("anyone")
def register_schema(request: HttpRequest, *, service: str, register: str) -> HttpResponse:
    """The JSON Schema (2020-12) of a public register's JSON."""
    owner, declared = public_register(service, register)
    words = {"type": "string"}
    day = {"type": "string", "format": "date"}
    # Older entries may have a fact as one text for all languages.
    fact = {"anyOf": [words, {"type": "object", "additionalProperties": words}]}
    entry = {
        "entry": {**words, "description": "The number of the entry, which stays when it is renewed or changed."},
        "from_date": {**day, "description": "Its first day."},
        "until_date": {"anyOf": [day, {"type": "null"}], "description": "Its last day; null when it has no end."},
        "facts": _closed({name: {**fact, "title": shown.label.in_("en")} for name, shown in declared.shown.items()}),
    }
    values = {name: _schema_of(kind) for name, kind in register_facts.typed(declared, owner).items()}
    entry["values"] = {
        **_closed(values),
        "description": "Facts that are more than text, as programs read them; null where an entry has no such value.",
    }
    every = {"type": "array", "items": _closed(entry)}
    whole = {"$schema": words, "service": words, "register": words, "in_force_on": day, "entries": every}
    return JsonResponse(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": declared.title.in_("en"), **_closed(whole)}
    )


def _schema_of(kind: Kind) -> dict[str, Any]:
    number: dict[str, Any] = {"type": "number"}
    known: dict[str, dict[str, Any]] = {
        "number": number,
        "money": number,
        "date": {"type": "string", "format": "date"},
        "choice": {"type": "string"},
        "yes-no": {"type": "boolean"},
        "place": {
            "type": "object",
            "properties": {"text": {"type": ["string", "null"]}, "lat": {"type": ["number", "null"]},
                           "lon": {"type": ["number", "null"]}},
            "required": ["text"],
        },
    }  # fmt: skip
    return {"anyOf": [known[kind], {"type": "null"}]}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
