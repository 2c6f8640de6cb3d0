"""A draw among a city: 50,000 applications, drawn whole or not at all, published, and drawn again by anybody."""

import hashlib
import hmac
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.definition.service import Service
from praya.journey import ballots
from praya.journey.ballots import Entry, in_order
from praya.kernel import clock, rounds
from praya.kernel.crypto import vault
from praya.project import diagnosis
from praya.web import pages
from tests.docs.conftest import ROOT, blocks
from tests.journeys.test_ballots import BEFORE, ON_THE_DAY, PLOTS, entered
from tests.journeys.test_weighted_draws import WEIGHTED
from tests.journeys.test_weighted_draws import entered as weighted
from tests.small import published

pytestmark = pytest.mark.django_db


def enter(service: Service, number: int, said: Callable[[int], dict[str, Any]] | None = None) -> None:
    """So many applications that wait for the draw: one that was handed in, and copies of it under other references.

    `said` tells what each of them answers, by its number.
    """
    handed_in = weighted(service, 0, **said(0)) if said else entered(service, 0)
    first = models.Case.objects.get(ref=handed_in.ref)
    copies = []
    for copy in range(1, number):
        ref = f"SP-{copy:06}"
        answered = said(copy) if said else {"applicant_name": "Chan"}
        answers = vault.seal_json(answered, subject=first.person_ref, place="cases.case.answers", row=ref)
        values = {f.attname: getattr(first, f.attname) for f in models.Case._meta.fields}
        copies.append(models.Case(**values | {"ref": ref, "answers": answers, "once_key": ref}))
    models.Case.objects.bulk_create(copies, batch_size=2000)


@pytest.mark.size
@pytest.mark.parametrize(("number", "places"), [(1100, 100), (50_000, 5000)], ids=["1100", "50000"])
def test_a_city_is_drawn_and_anybody_can_draw_again(client: Client, tmp_path: Path, number: int, places: int) -> None:
    service = published(PLOTS.replace("value: 3", f"value: {places}"))
    enter(service, number)
    ballots.draw_due(at=BEFORE)
    moved = ballots.draw_due(at=ON_THE_DAY)
    assert ballots.SLICE <= moved < 2 * ballots.SLICE, "one call does a slice, and whoever called does the next"

    (draw,) = client.get("/data/ballots/small-plots.json").json()["draws"]
    file = client.get(draw["tickets"]).content
    assert hashlib.sha256(file).hexdigest() == draw["digest"]
    assert hashlib.sha256(draw["secret"].encode()).hexdigest() == draw["commitment"]
    tickets = file.decode().splitlines()
    secret = draw["secret"].encode()
    assert tickets == sorted(tickets, key=lambda each: hmac.new(secret, each.encode(), "sha256").digest())
    assert len(set(tickets)) == draw["entries"] == number
    ranks = dict(models.Case.objects.values_list("ref", "rank"))
    assert sorted(ranks.values()) == list(range(1, number + 1))
    assert all(tickets[rank - 1] == hashlib.sha256(ref.encode()).hexdigest()[:16] for ref, rank in ranks.items())

    _follow_the_page(tmp_path, draw, file, *next((ref, rank) for ref, rank in ranks.items() if rank == number // 2))
    assert ballots.draw_due(at=ON_THE_DAY) >= ballots.SLICE
    offered = models.Case.objects.filter(state="offered")
    first_offers = min(places, moved)
    assert offered.count() >= first_offers
    assert set(offered.values_list("rank", flat=True)) >= set(range(1, first_offers + 1)), "the first ranks go first"


def _follow_the_page(folder: Path, draw: dict[str, Any], file: bytes, ref: str, rank: int) -> None:
    """Do what docs/howto/check-a-draw.md says, with the program that it gives."""
    (program,) = (block.text for block in blocks(ROOT / "docs/howto/check-a-draw.md") if block.kind == "python")
    (folder / "small-plots.json").write_text(json.dumps({"draws": [draw]}))
    (folder / "tickets.txt").write_bytes(file)

    def run() -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", program, ref]
        return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)

    assert run().stdout == f"You are number {rank} of {draw['entries']} for {draw['places']} places.\n"
    lines = file.splitlines(keepends=True)
    (folder / "tickets.txt").write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    cheat = subprocess.run(
        [sys.executable, "-c", program, ref], cwd=folder, text=True, capture_output=True, check=False
    )
    assert cheat.returncode == 1


def test_applications_that_fail_are_in_nobody_s_way(monkeypatch: pytest.MonkeyPatch) -> None:
    service = published(PLOTS)
    enter(service, 12)
    monkeypatch.setattr(ballots, "SLICE", 2)
    settle = ballots.settle

    def fails(case: cases.Case, **given: Any) -> cases.Case:
        if case.rank in {1, 2, 3}:
            raise RuntimeError
        return settle(case, **given)

    monkeypatch.setattr(ballots, "settle", fails)
    while ballots.draw_due(at=ON_THE_DAY):
        pass
    assert set(models.Case.objects.filter(state="entered").values_list("rank", flat=True)) == {1, 2, 3}


def test_a_draw_that_is_not_made_is_told_to_the_operator_and_to_residents(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(PLOTS)
    ballots.draw_due(at=BEFORE)

    def fails(**_: Any) -> None:
        raise RuntimeError

    draw = cases.draw
    monkeypatch.setattr(cases, "draw", fails)
    later = ON_THE_DAY + timedelta(hours=1)
    assert ballots.draw_due(at=later) == 0
    assert [draw.state for _, draw in ballots.overdue(at=later)] == ["entered"]
    (finding,) = diagnosis.draws(at=later)
    assert (finding.state, "small-plots" in finding.sentence, "2026-01-20" in finding.sentence) == ("fail", True, True)
    monkeypatch.setattr(clock, "now", lambda: later)
    for sentence in ("/en/", "The draw has not been made yet"), ("/zh-hant/", "但抽籤尚未進行"):
        assert sentence[1] in client.get(f"{sentence[0]}services/small-plots").content.decode()
    monkeypatch.setattr(cases, "draw", draw)
    ballots.draw_due(at=later)
    pages._cached.clear()
    assert [finding.state for finding in diagnosis.draws(at=later)] == ["ok"]
    assert "The draw has not been made yet" not in client.get("/en/services/small-plots").content.decode()


@pytest.mark.size
def test_a_city_is_drawn_with_lots_by_years_and_a_stop_between_slices_loses_none(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, places = 50_000, 5000
    service = published(WEIGHTED.replace("value: 3", f"value: {places}"))
    enter(service, number, lambda copy: {"years": copy % 20})
    ballots.draw_due(at=BEFORE)
    breathe, slices = rounds.breathe, iter(range(40))
    monkeypatch.setattr(rounds, "breathe", lambda: breathe() if next(slices) < 30 else _stop())
    with pytest.raises(KeyboardInterrupt):
        ballots.draw_due(at=ON_THE_DAY)
    assert models.Draw.objects.count() == 0, "half a draw is none"
    monkeypatch.setattr(rounds, "breathe", breathe)
    ballots.draw_due(at=ON_THE_DAY)
    (draw,) = client.get("/data/ballots/small-plots.json").json()["draws"]
    lines = [line.split() for line in client.get(draw["tickets"]).content.decode().splitlines()]
    entries = [Entry(ticket, lots) for ticket, lots in lines]
    assert in_order(draw["secret"], sorted(entries, key=lambda one: one.ticket), "weight") == entries
    assert len({ticket for ticket, _ in lines}) == draw["entries"] == number
    lots = [int(many) for _, many in lines]
    assert sorted(lots) == sorted(copy % 20 for copy in range(number))
    # Those without a lot are last of all, and of the places those with many lots have many times as many.
    assert set(lots[-(number // 20) :]) == {0}
    won = Counter(lots[:places])
    assert won[19] > 5 * won[1] > 0


def _stop() -> None:
    raise KeyboardInterrupt
