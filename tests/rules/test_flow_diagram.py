"""The diagram of a flow: everything is on it once, nothing lies on anything else, in every language."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.read_packs import pack_in

from praya.definition import flow_diagram
from praya.definition.load import load_service
from praya.definition.service import Service

ROOT = Path(__file__).resolve().parents[2]
PACK = pack_in(ROOT / "packs" / "hongkong")
read = ET.fromstring  # our own diagram, of no stranger
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=["restaurant-licence", "vaccination-booking", "smart-lab", "return2hk"])
def service(request: pytest.FixtureRequest) -> Service:
    return load_service(ROOT / "packs" / "hongkong" / "services" / request.param, PACK)


@pytest.mark.parametrize("language", PACK.languages)
def test_each_state_is_a_box_each_way_an_arrow_and_each_end_doubled(service: Service, language: str) -> None:
    svg = flow_diagram.flow_svg(service, language)
    root = read(svg)
    boxes = {g.get("data-state"): g for g in root.iter(f"{SVG}g") if g.get("data-state")}
    assert set(boxes) == set(service.flow.states)
    for name, state in service.flow.states.items():
        words = "".join(text.text or "" for text in boxes[name].iter(f"{SVG}text")).replace(" ", "")
        assert state.label.in_(language).replace(" ", "") in words
        assert len(boxes[name].findall(f"{SVG}rect")) == (2 if state.final else 1)
    going = [arrow for arrow in flow_diagram.arrows(service, language) if arrow.start != arrow.end]
    drawn = [p for p in root.findall(f"{SVG}path") if p.get("marker-end")]
    assert len(drawn) == len(going) + 1  # the arrow into the first state
    assert sum(p.get("stroke-dasharray") is not None for p in drawn) == sum(arrow.by_time for arrow in going)


def test_no_box_and_no_words_lie_on_each_other(service: Service) -> None:
    rects = [
        tuple(float(r.get(side, "0")) for side in ("x", "y", "width", "height"))
        for r in read(flow_diagram.flow_svg(service, "en")).iter(f"{SVG}rect")
        if r.get("x") and r.get("fill") != "none"
    ]
    assert len(rects) >= len(service.flow.states)
    for i, (x, y, w, h) in enumerate(rects):
        for x2, y2, w2, h2 in rects[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_the_whole_flow_is_told_in_words_for_those_who_do_not_see_it(service: Service) -> None:
    root = read(flow_diagram.flow_svg(service, "en"))
    told = root.findtext(f"{SVG}desc") or ""
    assert root.findtext(f"{SVG}title") == service.title.in_("en")
    for state in service.flow.states.values():
        for action in state.actions.values():
            assert action.label.in_("en") in told


def test_it_stays_on_its_ground(service: Service) -> None:
    root = read(flow_diagram.flow_svg(service, "zh-hant"))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("x", "-1")) < width
        assert 0 < float(text.get("y", "-1")) < height
    numbers = [float(n) for p in root.findall(f"{SVG}path") for n in re.findall(r"-?[0-9.]+", p.get("d") or "")]
    assert min(numbers) >= 0


def test_an_arrow_tells_where_a_draw_leads_those_who_wait_for_it() -> None:
    cookbook = pack_in(ROOT / "packs" / "cookbook")
    service = load_service(ROOT / "packs" / "cookbook" / "services" / "garden-plot-ballot", cookbook)
    for state in service.flow.states.values():
        drawn = {arrow.end for arrow in flow_diagram.arrows(service, "en") if arrow.start == state.name}
        assert service.flow.leads_to(state) <= drawn
    ballot = next(iter(service.flow.ballots.values()))
    told = [arrow for arrow in flow_diagram.arrows(service, "en") if arrow.end == ballot.won and arrow.by_time]
    assert any(f"drawn on {ballot.on.day} {ballot.on:%B %Y}" in " ".join(arrow.says) for arrow in told)
