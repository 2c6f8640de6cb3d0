"""Small services made for a test: YAML in the test, checked as `praya check` does, published as live ones."""

from datetime import UTC, datetime
from pathlib import Path

from praya.definition.load import load_service, parse_service
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.source import Broken, read_text
from praya.journey import load

AT = datetime(2020, 1, 2, tzinfo=UTC)

HEAD = """
service: {name}
version: 1
reference: {reference}
title: {{en: Service {name}, zh-hant: 服務 {name}}}
summary: {{en: A service for a test., zh-hant: 測試用的服務。}}
department: fehd
topic: food-and-business
who: {{en: Everybody., zh-hant: 任何人士。}}
legal: {{basis: Cap. 1, purpose: {{en: To test., zh-hant: 作測試之用。}}}}
"""


class Services(dict[str, Service]):
    """The services of a pack by name, each read when it is first asked for: every process collects every test."""

    def __init__(self, folder: Path, pack: Pack) -> None:
        super().__init__()
        self.folder, self.pack = folder, pack

    def __missing__(self, name: str) -> Service:
        self[name] = load_service(self.folder / "services" / name, self.pack)
        return self[name]


def text(name: str, reference: str, rest: str) -> str:
    """A whole definition: `rest` begins with `form:` or what stands before it."""
    return HEAD.format(name=name, reference=reference) + rest


def service(name: str, reference: str, rest: str) -> Service:
    """The checked definition. Raises Broken."""
    return parse_service(read_text(text(name, reference, rest).encode(), "service.yaml"), load.pack())


def problems(name: str, reference: str, rest: str) -> list[str]:
    """What `praya check` says is wrong."""
    try:
        service(name, reference, rest)
    except Broken as broken:
        return [problem.message for problem in broken.problems]
    return []


def published(*services: Service) -> load.Territory:
    """The services, live."""
    for found in services:
        load.publish(found, at=AT, by="system")
    load.forget()
    return load.territory()
