"""The reference of the language says everything that the language knows, and nothing else."""

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from pydantic import TypeAdapter
from tests.read_packs import pack_in

from praya.definition.model import Model
from praya.definition.questions import AnyQuestion, Asking
from praya.definition.source import read, read_text
from praya.kernel.expression import Expression
from praya.kernel.functions import ALL
from praya.kernel.syntax import Call
from praya.project.reference import pages, schema, vocabulary
from praya.project.reference.markdown import one_line

ROOT = Path(__file__).parents[2]
PACK = pack_in(ROOT / "packs" / "hongkong")
PARTS = vocabulary.parts()
SERVICES = sorted((ROOT / "packs").glob("*/services/*/service.yaml"))


def parts_within(kind: type[Model], seen: set[type]) -> set[type]:
    """Every part that can stand inside another."""

    def walk(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, Model) and annotation not in seen:
            seen.add(annotation)
            for found in annotation.model_fields.values():
                walk(found.annotation)
        for inner in get_args(annotation):
            walk(inner)

    walk(kind)
    return seen


def test_every_part_of_the_language_is_described() -> None:
    reached: set[type] = set()
    for root in ("Service", "Example", "Pack"):
        parts_within(PARTS[root], reached)
    assert {kind.__name__ for kind in reached} <= set(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_every_word_has_its_sentence_and_every_sentence_its_word(name: str) -> None:
    assert set(vocabulary.sentences()[name]) == set(vocabulary.own_fields(PARTS[name]))


@pytest.mark.parametrize("name", PARTS)
def test_the_example_of_every_word_is_accepted(name: str) -> None:
    for word in vocabulary.words(PARTS[name]):
        vocabulary.validated(word, vocabulary.own_fields(PARTS[name])[word.name], dict(PACK.context))
        # As it is printed, it still says the same.
        assert read_text(one_line({word.name: word.example}).encode(), "example").data == {word.name: word.example}


def test_every_sentence_is_one() -> None:
    for name in PARTS:
        for word in vocabulary.words(PARTS[name]):
            assert word.sentence[0].isupper() or word.sentence.split()[0].rstrip(",:") in {
                "weighted", "no-objection", "held", "`({})`",
            }, (name, word.name)  # fmt: skip
            assert word.sentence.rstrip("`").endswith("."), (name, word.name)


@pytest.mark.parametrize("word", vocabulary.question_types())
def test_the_sample_answer_of_every_question_type_is_taken(word: str) -> None:

    body, answer = pages.type_examples()[word]
    question: Any = TypeAdapter(AnyQuestion).validate_python({"my_answer": body}, context=dict(PACK.context))
    assert question.type == word
    # A story names a file; what is kept is the reference of the upload.
    kept = ["0" * 32] if word == "file" else answer
    given = None if word == "derived" else kept
    day = date(2026, 3, 2)
    context = {"answers": {"my_answer": kept}, "today": datetime(2026, 3, 2, tzinfo=UTC)}
    assert list(question.refusals(given, "my_answer", Asking(day, context))) == []
    validator = jsonschema.Draft202012Validator(question.json_schema())
    assert list(validator.iter_errors(kept)) == []


EXPRESSIONS = read(pages.HERE / "expressions.yaml").data


@pytest.mark.parametrize(("source", "value", "sentence"), EXPRESSIONS["examples"])
def test_the_example_expressions_say_what_the_page_says(source: str, value: object, sentence: str) -> None:
    def known(item: Any) -> Any:
        if isinstance(item, dict):
            return {name: known(inner) for name, inner in item.items()}
        if isinstance(item, date):
            return datetime.combine(item, time(), tzinfo=UTC)
        return [known(inner) for inner in item] if isinstance(item, list) else item

    assert Expression(source).value(known(EXPRESSIONS["facts"])) == value, sentence


def test_every_function_of_expressions_is_shown_and_none_that_there_is_not() -> None:
    shown = " ".join(source + sentence for source, _, sentence in EXPRESSIONS["examples"])
    # Two that say the same as the one beside them.
    same = {name for name in ALL if f"`{name}`" in shown}
    assert [name for name in ALL if not re.search(rf"\b{name}\(", shown) and name not in same] == []
    calls = {node.name for source, _, _ in EXPRESSIONS["examples"] for node in Expression(source).node.walk()
             if isinstance(node, Call)}  # fmt: skip
    assert calls <= {*ALL, "has"}


# The schema


SCHEMA = jsonschema.Draft202012Validator(schema.service_schema())


def as_json(path: Path) -> Any:
    return json.loads(json.dumps(read(path).data, default=str))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.service_schema())


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.parent.name)
def test_every_service_of_the_pack_fits_the_schema(path: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(as_json(path))] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(titel=d.pop("title")), "titel"),
        (lambda d: d["flow"]["states"]["received"].update(clok="1 day"), "clok"),
        (lambda d: d["form"][0]["questions"][0].update(second={}), "too many"),
        (lambda d: next(iter(d["form"][0]["questions"][0].values())).update(type="txt"), "txt"),
        (lambda d: next(iter(d["form"][0]["questions"][0].values())).update(lable="x"), "lable"),
        (lambda d: d.update(minutes="five"), "five"),
        (lambda d: d["retention"].update(granted="seven years"), "seven years"),
        (lambda d: d.pop("legal"), "legal"),
    ],
)
def test_the_schema_finds_what_is_mistyped(change: Any, said: str) -> None:
    data = as_json(ROOT / "packs" / "hongkong" / "services" / "restaurant-licence" / "service.yaml")
    change(data)
    found = [one.message for error in SCHEMA.iter_errors(data) for one in (error, *(error.context or ()))]
    assert said in " ".join(found).replace(str(data), "")


def test_what_stands_beside_a_shared_part_may_leave_out_what_that_brings_at_any_depth() -> None:
    data = as_json(ROOT / "packs" / "hongkong" / "services" / "restaurant-licence" / "service.yaml")
    shared = "shared/food-licence.yaml#flow"
    data["form"][0]["questions"] = [{"use": shared, "shop": {"type": "text", "optional": True}}, {"use": {
        "type": "text", "label": {"en": "Use", "zh-hant": "用途"}}}]  # fmt: skip
    data["flow"] = {"use": shared, "states": {"received": {"actions": {"refuse": {"to": "refused"}}}}}
    data["registers"] = {"use": shared, "kept": {"public": False}}
    assert [error.message for error in SCHEMA.iter_errors(data)] == []
    data["flow"]["states"]["received"]["actions"]["refuse"]["too"] = "refused"
    (error,) = SCHEMA.iter_errors(data)
    assert "'too' was unexpected" in error.message
    data["flow"] = {"start": "received", "states": {"received": {"final": True, "result": "completed"}}}
    (error,) = SCHEMA.iter_errors(data)
    assert error.message == "'label' is a required property"


def test_every_word_of_the_schema_that_people_write_is_explained() -> None:
    whole = schema.service_schema()
    for name, body in {"Service": whole, **whole["$defs"]}.items():
        for word, found in body.get("else", body).get("properties", {}).items():
            if not name.startswith(("Text", "Question")) and word != "type":
                assert found.get("description"), f"{name}.{word}"


def test_an_editor_can_tell_of_every_word_what_it_means() -> None:
    whole = schema.service_schema()
    parts = {"Service": whole, **{name: body for name, body in whole["$defs"].items() if name != "Text"}}
    silent = [
        f"{name}.{word}"
        for name, part in parts.items()
        for word, body in part.get("else", part).get("properties", {}).items()
        # Which types there are is told where a question is chosen.
        if not body.get("description") and word != "type" and not name.startswith("Question")
    ]
    assert silent == []
    question = whole["$defs"]["Question"]["else"]["patternProperties"]
    kinds = next(iter(question.values()))["else"]["properties"]["type"]
    assert len(kinds["markdownEnumDescriptions"]) == len(kinds["enum"])
    assert all(kinds["markdownEnumDescriptions"])
