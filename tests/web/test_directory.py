"""Ways to services beside search: from A to Z, by strokes, life events, and what is seasonal."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.published import PACK

from praya.definition.load import load_pack
from praya.definition.pack import Season
from praya.journey import load
from praya.kernel.strokes import by_strokes, strokes
from praya.kernel.text import LANGUAGES, Text
from praya.project.designing import checking
from praya.web.portal import directory

pytestmark = [pytest.mark.usefixtures("pack_is_live"), pytest.mark.django_db]


def got(path: str) -> str:
    response = Client().get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def test_a_character_has_the_strokes_that_unicode_gives_it() -> None:
    assert [strokes(c) for c in "一人大水食街婚預籤"] == [1, 2, 3, 4, 9, 12, 11, 13, 23]
    assert [strokes(c) for c in "A1，ア"] == [0, 0, 0, 0]
    assert sorted(["預約", "食肆", "回港", "ICT"], key=by_strokes) == ["ICT", "回港", "食肆", "預約"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_is_listed_once_under_its_letter_or_its_strokes(lang: str) -> None:
    html = got(f"/{lang}/a-to-z")
    offered = load.territory().offered
    listed = re.findall(rf'<a href="(/{lang}/(?:services|registers)/[^"]+)">', html)
    assert sorted(path for path in listed if "/services/" in path) == sorted(f"/{lang}/services/{n}" for n in offered)
    assert len(listed) == len(set(listed)) > len(offered)
    groups = directory._groups(load.territory().edition, lang)
    for name, group in groups.items():
        firsts = {row["title"][0] for row in group.rows}
        if name != directory.OTHER:
            assert {str(strokes(f)) if lang != "en" else f.upper() for f in firsts} == {name}
        assert f'id="at-{name}"' in html
        assert f'href="#at-{name}"' in html


def test_of_very_many_one_group_is_shown_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "AT_ONCE", 3)
    html = got("/en/a-to-z?at=R")
    assert "/en/services/restaurant-licence" in html
    assert "/en/services/street-fair" not in html
    assert 'href="?at=P"' in html
    assert "/en/services/street-fair" in got("/en/a-to-z?at=P")
    assert got("/en/a-to-z?at=none").count("<h2 ") >= 1


def test_a_season_may_go_over_the_new_year() -> None:
    def season(begins: str, ends: str) -> Season:
        return Season(name="x", title=Text({"en": "X", "zh-hant": "X"}), begins=begins, ends=ends, services=("a",))

    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 1)]
    assert [season("10-01", "12-31").is_on(day) for day in days] == [False, True, True, False, False]
    assert [season("12-01", "01-31").is_on(day) for day in days] == [False, False, True, True, False]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_home_page_leads_to_life_events_and_to_what_is_seasonal(lang: str, monkeypatch: Any) -> None:
    for event in load.pack().life_events.values():
        html = got(f"/{lang}/life-events/{event.name}")
        places = [html.index(f"/{lang}/services/{name}") for name in event.services]
        assert places == sorted(places)
    assert "/life-events/getting-married" in got(f"/{lang}/?x=1")
    assert Client().get(f"/{lang}/life-events/none").status_code == 404
    winter = load.pack().seasons["winter"].title.in_(lang)
    for month, is_shown in ((11, True), (6, False)):
        monkeypatch.setattr("praya.web.portal.home._today", lambda month=month: date(2026, month, 1))
        assert (winter in got(f"/{lang}/?x=2")) == is_shown


def test_a_service_of_a_life_event_that_is_misspelt_is_named_by_check(tmp_path: Path) -> None:
    text = (PACK / "pack.yaml").read_text().replace("services: [marriage-notice, ", "services: [mariage-notice, ")
    (tmp_path / "pack.yaml").write_text(text)
    for part in ("services", "lists"):
        (tmp_path / part).symlink_to(PACK / part)
    found = checking._guides(tmp_path, load_pack(tmp_path))
    assert len(found) == 1
    assert "there is no service 'mariage-notice'; did you mean 'marriage-notice'?" in found[0].message
    for guide in (*load.pack().life_events.values(), *load.pack().seasons.values()):
        assert all((PACK / "services" / name / "service.yaml").is_file() for name in guide.services), guide.name
