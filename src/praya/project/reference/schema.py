"""The JSON Schema (2020-12) of service.yaml, as people write it: short forms, sentences and examples included."""

from typing import Any

from praya.definition.model import FROM_PACK
from praya.definition.service import Service
from praya.kernel.number import is_number
from praya.kernel.text import LANGUAGES
from praya.project.reference import vocabulary

NAME = "^[a-z][a-z0-9_]*$"
NOT_USE = "^(?!use$)[a-z][a-z0-9_]*$"
SLUG = "^[a-z][a-z0-9-]*$"
BESIDE = "-beside"
"""What stands beside `use` may leave out what the shared part brings, at any depth: each part has such a form too."""
USES = {"required": ["use"], "properties": {"use": {"type": "string"}}}


def service_schema() -> dict[str, Any]:
    """The schema of a whole service.yaml."""
    raw = Service.model_json_schema(by_alias=True)
    whole = {k: v for k, v in raw.items() if k != "$defs"}
    types = vocabulary.question_types()
    # The name of a question is the key before it, too.
    named = {kind.__name__ for kind in types.values()} | _keyed(raw)
    content = vocabulary.content_types()
    bodies = {name: body for name, body in raw["$defs"].items() if name not in {"Scheme", "WeightedCheck"}}
    definitions: dict[str, Any] = {name: _part(name, body, named) for name, body in bodies.items()}
    definitions |= {
        "Text": _text(),
        "Expression": _expression(),
        "Question": _question(types, content),
        "Part": _part_of_a_page(content),
    }
    for name, body in {**bodies, "Service": whole}.items():
        definitions[name + BESIDE] = _beside(_words(name, body, named))
    question = _beside(_question(types, content))
    definitions["Question" + BESIDE] = {
        word: one for word, one in question.items() if word not in {"if", "then", "else"}
    }
    definitions["Question" + BESIDE] |= question["then"]
    definitions["Part" + BESIDE] = _beside(_part_of_a_page(content))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "service.yaml of Praya",
        **_part("Service", whole, named),
        "$defs": definitions,
    }


def _keyed(node: Any) -> set[str]:
    """The parts that are written as `{name: {...}}`: the name is the key and stands in the part no more."""
    if isinstance(node, list):
        return {keys for one in node for keys in _keyed(one)}
    if not isinstance(node, dict):
        return set()
    by_name = node.get("additionalProperties")
    own = {str(by_name["$ref"]).rsplit("/", 1)[1]} if isinstance(by_name, dict) and "$ref" in by_name else set()
    return own | {keys for one in node.values() for keys in _keyed(one)}


def _part(name: str, body: dict[str, Any], named: set[str]) -> dict[str, Any]:
    """The schema of one part: whole, or beside `use` with what a shared part does not bring."""
    words = _words(name, body, named)
    required = [word for word in body.get("required", ()) if word in words["properties"]]
    written = {"properties": words["properties"], "additionalProperties": False}
    return {
        "type": "object",
        **({"description": body["description"]} if "description" in body else {}),
        "if": USES,
        "then": {"$ref": f"#/$defs/{name}{BESIDE}"},
        "else": {**written, **({"required": required} if required else {})},
    }


def _beside(schema: Any) -> Any:
    """The schema with each part in the form in which it stands beside `use`."""
    if isinstance(schema, list):
        return [_beside(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    # Examples stand where the part itself does.
    schemas = {word: _beside(one) for word, one in schema.items() if word != "examples" or not isinstance(one, list)}
    ref = schema.get("$ref", "")
    if isinstance(ref, str) and ref.startswith("#/$defs/") and not ref.endswith(("/Text", "/Expression", BESIDE)):
        schemas["$ref"] = ref + BESIDE
    return schemas


def _words(name: str, body: dict[str, Any], named: set[str]) -> dict[str, Any]:
    """The words of one part, without internal fields, each with its sentence and example; none is required."""
    sentences = dict(vocabulary.sentences().get(name, {}))
    if name in {kind.__name__ for kind in vocabulary.question_types().values()}:
        sentences = {**vocabulary.sentences()["Question"], **sentences}
    if name in {"State", "Action", "Timer", "Late"}:
        sentences = {**vocabulary.sentences()["Effects"], **sentences}
    hidden = set(FROM_PACK)
    if name in named:
        hidden.add("name")
    properties = {}
    for word, schema in body["properties"].items():
        if word in hidden:
            continue
        plain = _as_written(word, schema)
        if word in sentences:
            plain = {**plain, "description": sentences[word][0], "examples": [_json(sentences[word][1])]}
        properties[word] = plain
    properties["use"] = _use()
    return {
        "type": "object",
        **({"description": body["description"]} if "description" in body else {}),
        "properties": properties,
        "additionalProperties": False,
    }


def _as_written(word: str, schema: Any) -> Any:
    """A pydantic schema as the file is written: references for texts, expressions and questions, and no null."""
    if isinstance(schema, list):
        return [_as_written(word, one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("description") == "A CEL expression.":
        return {"$ref": "#/$defs/Expression"}
    if str(schema.get("description", "")).startswith("A text in each language"):
        return {"$ref": "#/$defs/Text"}
    if "discriminator" in schema:
        return {"$ref": "#/$defs/Part"}
    if "anyOf" in schema:
        options = [_as_written(word, one) for one in schema["anyOf"] if one != {"type": "null"}]
        return options[0] if len(options) == 1 else {"anyOf": options}
    if schema.get("$ref") == "#/$defs/Parameter":
        return {"anyOf": [{"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/DatedValue"}}, schema]}
    if schema.get("$ref") == "#/$defs/Condition":
        return {"anyOf": [{"$ref": "#/$defs/Expression"}, schema]}
    if word == "found_by":
        return {"type": "array", "items": {"anyOf": [{"type": "string"}, schema["items"]]}}
    if schema.get("format") == "time":
        return {"type": "string", "pattern": r"^\d{1,2}:\d{2}$"}
    # Editors read a bare date as a date, and a JSON Schema knows strings only.
    rest = {k: _as_written(word, v) for k, v in schema.items() if k not in {"title", "default"}}
    if "prefixItems" in rest:
        rest["items"] = False
    if isinstance(rest.get("additionalProperties"), dict):
        # A mapping by name may take the names of a shared part, too; and a name may be `use`.
        of_name = rest.pop("additionalProperties")
        rest["properties"] = {"use": {"anyOf": [_use(), of_name]}}
        shared = {"properties": {"use": True}, "additionalProperties": _beside(of_name)}
        rest |= {"if": USES, "then": shared, "else": {"additionalProperties": of_name}}
    return rest


def _question(types: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """A question, `name: {type: ...}`, whose other words depend on its type; what is only read needs no name."""
    chosen = [
        {
            "if": {"properties": {"type": {"const": word}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/{kind.__name__}"},
        }
        for word, kind in {**types, **content}.items()
    ]
    body = {
        "type": "object",
        "properties": {
            "use": _use(),
            "type": {
                "enum": [*types, *content],
                "description": "Which type of question it is.",
                # What editors show beside each word that they offer.
                "markdownEnumDescriptions": [
                    (kind.__doc__ or "").splitlines()[0] for kind in (*types.values(), *content.values())
                ],
            },
        },
        "allOf": chosen,
    }
    return {
        "type": "object",
        "description": "A question, as its name followed by its words; or the shared questions that are used.",
        "minProperties": 1,
        "properties": {"use": {"anyOf": [_use(), {"type": "object"}]}},
        "patternProperties": {NOT_USE: {"type": "object"}},
        "additionalProperties": False,
        # Beside `use` stands only what is one's own.
        "if": USES,
        "then": {"patternProperties": {NOT_USE: _beside(body)}},
        "else": {
            "maxProperties": 1,
            "patternProperties": {
                NAME: {"if": USES, "then": _beside(body), "else": {**body, "required": ["type", "label"]}}
            },
        },
    }


def _use() -> dict[str, Any]:
    return {
        "type": "string",
        "description": "A part that several services share: its file below the pack's shared/, and its name.",
        "pattern": r"^shared/[a-z0-9][a-z0-9/-]*\.yaml#[a-z][a-z0-9_-]*$",
        "examples": ["shared/applicant.yaml#hkid"],
    }


def _part_of_a_page(content: dict[str, Any]) -> dict[str, Any]:
    """A question, or words that are only read and need no name."""
    kinds = {word: {"$ref": f"#/$defs/{kind.__name__}"} for word, kind in content.items()}
    unnamed = {
        "type": "object",
        "properties": {"type": {"enum": list(kinds)}},
        "allOf": [{"if": {"properties": {"type": {"const": word}}}, "then": kind} for word, kind in kinds.items()],
    }
    return {
        "description": "A question, or words that are only read.",
        "if": {"required": ["type", "text"]},
        "then": unnamed,
        "else": {"$ref": "#/$defs/Question"},
    }


def _text() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A text in each language of the pack. zh-hans may be left out: it is drafted from zh-hant.",
        "properties": {language: {"type": "string", "minLength": 1} for language in LANGUAGES},
        "additionalProperties": {"type": "string"},
        "minProperties": 1,
    }


def _expression() -> dict[str, Any]:
    return {
        "type": ["string", "number", "boolean"],
        "description": "An expression: see docs/reference/expressions.md.",
        "maxLength": 2000,
    }


def _json(value: Any) -> Any:
    """An example as JSON: dates become strings."""
    if isinstance(value, dict):
        return {str(name): _json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return value if isinstance(value, str | bool) or value is None or is_number(value) else str(value)
