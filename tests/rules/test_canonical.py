"""A definition reads back as it was published: what is live and what is in the folder are compared by their text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from tests import every_question, small_services

from praya.definition.model import Model
from praya.journey import load

PACKS = Path(__file__).parents[2] / "packs"


def models(model: type[Model] = Model) -> Iterator[type[Model]]:
    for one in model.__subclasses__():
        yield one
        yield from models(one)


def written(field: TypeAdapter[Any], value: Any) -> str:
    return load.jsontext.dumps(field.dump_python(value, by_alias=True), default=load.to_jsonable_python)


def test_what_is_left_out_reads_back_the_same() -> None:
    changed, seen = set(), 0
    for model in set(models()):
        for name, info in model.model_fields.items():
            default = None if info.is_required() else info.get_default(call_default_factory=True)
            if default is None:
                continue
            annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
            field: TypeAdapter[Any] = TypeAdapter(annotation)
            try:
                read = field.validate_python(load.jsontext.loads(written(field, default)))
            except ValidationError:
                continue  # what is filled in from the rest of its model
            seen += 1
            if written(field, read) != written(field, default):
                changed.add(f"{model.__name__}.{name}: {written(field, default)}, read as {written(field, read)}")
    assert seen > 400
    assert sorted(changed) == []


def test_services_read_back_the_same() -> None:
    services = [small_services.service("every", "EV", every_question.EVERY)]
    for folder in (PACKS / "hongkong", PACKS / "cookbook"):
        services += load.read_services(folder, load.pack_at(str(folder)))
    assert len(services) > 50
    texts = [(one.service, load.canonical(one)) for one in services]
    assert [name for name, text in texts if load.canonical(load._read(text)) != text] == []
