"""A city's services: what a list, a page or a job asks does not grow with their number."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from praya.blocks.services import api as services
from praya.blocks.services.models import Published
from praya.definition import source
from praya.definition.card import Card
from praya.journey import jobs, load
from praya.project.designing import checking
from praya.project.designing.targets import targets
from praya.systems.open_data import parts
from praya.web import pages, rate_limits
from tests.size import services as city
from tests.systems.search.conftest import own_index

__all__ = ["own_index"]
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
SOME = 300
LISTS = {"statistics": SOME, "registers": None, "search": SOME, "topics/health": None, "search?q=permit": None}


@pytest.fixture(scope="module")
def published(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        city.publish(SOME, at=AT)
        yield
        transaction.set_rollback(True)
    load.forget()


@pytest.fixture
def some(published: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rate_limits, "count", lambda *_: None)
    load.forget()
    pages._cached.clear()
    yield
    load.forget()


def compiled() -> int:
    return len(load._compiled.memory)


def look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load._state["watch"], "_look_at", 0.0)


def test_the_services_are_known_by_their_cards_alone(some: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        known = load.territory()
    assert len(known.live) == SOME
    assert (compiled(), len(asked)) == (0, 4)
    for name in list(known.live)[::30]:
        assert Card.of(known.service(name)) == known.live[name]
    assert compiled() == SOME / 30


def test_whether_anything_was_published_is_one_question(some: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load.territory()
    look_again(monkeypatch)
    with CaptureQueriesContext(connection) as asked:
        assert load.territory() is before
    assert len(asked) == 1
    read: list[int] = []
    cards = services._cards
    monkeypatch.setattr(services, "_cards", lambda keys: read.append(len(keys)) or cards(keys))
    name = next(iter(before.live))
    changed = before.service(name)
    changed = changed.model_copy(update={"version": changed.version + 1})
    load.publish(changed, at=AT, by="system")
    services.withdraw(service=list(before.live)[1], at=AT, by="system")
    look_again(monkeypatch)
    after = load.territory()
    assert read == [1]
    assert after.edition > before.edition
    assert (after.live[name].version, len(after.live), [*after.withdrawn]) == (2, SOME - 1, [list(before.live)[1]])
    same = [card for name, card in before.live.items() if after.live.get(name) is card]
    assert len(same) == SOME - 2


def test_while_one_looks_the_others_go_on(some: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load.territory()
    looking, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        looking.set()
        assert go_on.wait(20)
        return before.stamp

    monkeypatch.setattr(services, "stamp", slow)
    look_again(monkeypatch)
    thread = threading.Thread(target=load.territory)
    thread.start()
    assert looking.wait(20)
    assert load.territory() is before
    go_on.set()
    thread.join(20)
    assert not thread.is_alive()


def test_two_threads_that_want_the_same_definition_compile_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reads, both = [], threading.Barrier(2)
    document = load.canonical(city.originals()[0])

    def read(*, service: str, version: int) -> str:
        reads.append(service)
        go_on.wait(0.2)
        return document

    go_on, memory, got = threading.Event(), load.Compiled(10**6), []
    monkeypatch.setattr(services, "document", read)

    def ask() -> None:
        both.wait(20)
        got.append(memory.get("one", 1))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert reads == ["one"]
    assert got[0] is got[1]


def test_what_is_compiled_stays_within_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    document = load.canonical(city.originals()[0])
    size = len(document.encode())
    monkeypatch.setattr(services, "document", lambda **_: document)
    memory = load.Compiled(size * 3)
    for name in ("a", "b", "c", "a", "d"):
        memory.get(name, 1)
    assert (len(memory.memory), memory.memory.size) == (3, size * 3)
    # "b" was asked for longest ago.
    assert [memory.memory.get((name, 1)) is None for name in "abcd"] == [False, True, False, False]


def test_a_version_that_was_published_before_there_were_cards_gets_one(some: None) -> None:
    before = load.territory()
    drawing = services.versions_that_wait_for_all()
    names = [*list(before.live)[:3], *drawing][:5]
    Published.objects.filter(service__in=names[:2]).update(card="")
    Published.objects.filter(service__in=names[2:]).update(card='{"service": "of-another-shape"}', waits_for_all=False)
    load.forget()
    assert {**load.territory().live} == {**before.live}
    assert compiled() == len(names)
    assert load.make_cards() == len(names)
    assert load.make_cards() == 0
    load.forget()
    assert {**load.territory().live} == {**before.live}
    assert compiled() == 0
    assert services.versions_that_wait_for_all() == drawing


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_pages_and_jobs_compile_only_what_they_show(some: None, client: Client) -> None:
    for path in (
        "",
        "search",
        "search?q=permit",
        "topics/health",
        "registers",
        "statistics",
        "contact",
        "public-notices",
    ):
        with CaptureQueriesContext(connection) as asked:
            text = body(client, f"/en/{path}")
        assert len(asked) <= 6, path
        assert len(text.encode()) < 60_000, path
        assert text.count('href="/en/services/') <= 50, path
    body(client, "/api/v1/services")
    for job in (parts.count_popular, jobs.end_retention, jobs.remind_holders, jobs.run_timers):
        job(at=AT)
    assert compiled() == 0
    body(client, f"/en/services/{next(iter(load.territory().live))}")
    assert compiled() == 1
    jobs.draw_ballots(at=AT)
    assert compiled() == 1 + len(services.versions_that_wait_for_all())


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_read_page_by_page_from_its_first_row_to_its_last_and_back(
    some: None, client: Client, path: str
) -> None:
    address, seen, before = f"/en/{path}", list[str](), list[str]()
    link = re.compile(r'<ul class="topics">(.*?)</ul>', re.DOTALL)
    while address:
        text = body(client, address)
        rows = re.findall(r'<li><a href="([^"]+)"', "".join(link.findall(text)))
        assert 0 < len(rows) <= 50
        seen += rows
        previous = re.search(r'rel="prev" href="([^"]+)"', text)
        assert bool(previous) == bool(before)
        if previous:
            assert link.findall(body(client, _beside(address, previous[1]))) == link.findall(body(client, before[-1]))
        before.append(address)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = _beside(address, following[1]) if following else ""
    assert len(seen) == len({*seen}) > 20
    assert LISTS[path] in {None, len(seen)}


def _beside(address: str, link: str) -> str:
    link = link.replace("&amp;", "&")
    return address.partition("?")[0] + link if link.startswith("?") else link


def test_the_api_lists_services_by_a_cursor(some: None, client: Client) -> None:
    seen, address = list[str](), "/api/v1/services?limit=90"
    while address:
        answer = client.get(address)
        data = answer.json()
        assert len(data["services"]) <= 90
        seen += [line["name"] for line in data["services"]]
        address = f"/api/v1/services?after={data['next']}&limit=90" if data["next"] else ""
        assert answer.headers.get("Link") == (f'<{address}>; rel="next"' if address else None)
    assert seen == [*load.territory().live]
    assert len(client.get("/api/v1/services").content) < 80_000
    assert client.get("/api/v1/services?limit=201").status_code == 422


def test_the_home_page_begins_with_what_people_apply_for(some: None, client: Client) -> None:
    live = list(load.territory().live)
    services.set_popular([live[200], "gone", live[100]])
    links = re.findall(r'href="/en/services/([^"]+)"', body(client, "/en/"))
    assert links[:3] == [live[200], live[100], live[0]]
    assert len(links) == 8
    assert f"All {SOME} services" in body(client, "/en/")


# What one service needs


def test_checking_one_service_understands_that_one_and_those_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = city.pack(tmp_path, SOME)
    read: list[str] = []
    scan_text = source.scan_text
    monkeypatch.setattr(source, "scan_text", lambda raw, file: read.append(file) or scan_text(raw, file))
    for name, others in {"hall-hire-0003": set(), "stall-renewal-0003": {"stall-licence-0003"}}.items():
        read.clear()
        (target,) = targets([name], installed=pack)
        assert checking.check(target).errors == []
        homes = {Path(file).relative_to(pack).parts[1] for file in read if "/services/" in file}
        assert homes == {name, *others}


def test_letters_that_another_service_of_a_city_has_are_still_found(tmp_path: Path) -> None:
    pack = city.pack(tmp_path, 40)
    file = pack / "services" / "hall-hire-0001" / "service.yaml"
    file.write_text(
        re.sub(r"^reference: \w+", f"reference: {city.reference(30)}", file.read_text(), flags=re.MULTILINE)
    )
    (target,) = targets(["hall-hire-0001"], installed=pack)
    assert [problem.code for problem in checking.check(target).errors] == ["case-letters"]


def test_of_very_many_names_the_nearest_are_told() -> None:
    names = [f"stall-licence-{number:04}" for number in range(1300)]
    said = source.unknown("service", "stall-license-0042", names)
    assert len(said) < 300
    assert "did you mean 'stall-licence-0042'?" in said
    problem = source.Problem("x", 1, 1, said)
    assert problem.nearest == "stall-licence-0042"
    assert "stall-licence-0042" in problem.expected
    assert all(name in names for name in problem.expected)
    assert "and 1,295 more)" in source.unknown("service", "zzz", names)
    assert source.unknown("service", "b", ["a", "c"]).endswith("(known: a, c)")


# A whole city


@pytest.mark.size
def test_a_city_of_services_is_served_in_bounded_memory(db: None, client: Client) -> None:
    city.publish(city.CITY, at=AT)
    before = resident_bytes()
    known = load.territory()
    assert (len(known.live), compiled()) == (city.CITY, 0)
    assert resident_bytes() - before < 40_000_000
    for name in known.live:
        assert known.service(name).service == name
    assert load._compiled.memory.size <= load.MOST_BYTES
    assert resident_bytes() - before < 250_000_000
    for path in ("", "search", "search?q=permit", "statistics", "registers"):
        assert len(body(client, f"/en/{path}").encode()) < 60_000
    assert len(client.get("/api/v1/services").content) < 80_000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
