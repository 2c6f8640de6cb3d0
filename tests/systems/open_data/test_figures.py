"""Figures on their page and as open data: answers of which one may choose several."""

import csv
import io

import pytest
from django.test import Client
from tests.small import AT, GRANT, player, published

from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal import sealing
from praya.systems.open_data import api as open_data

WISHES = """\
      - wishes:
          type: choices
          optional: true
          label: {en: What it is for, zh-hant: 用途}
          options:
            - {value: music, label: {en: Music, zh-hant: 音樂}}
            - {value: dance, label: {en: Dance, zh-hant: 舞蹈}}
            - {value: drama, label: {en: Drama, zh-hant: 戲劇}}
flow:
"""
SAID = {
    "en": "One application can be counted under several of these, so they do not add up to the total.",
    "zh-hant": "同一宗申請可計入多個項目，因此各項相加不等於總數。",
    "zh-hans": "同一宗申请可计入多个项目，因此各项相加不等于总数。",
}


@pytest.mark.django_db
def test_each_option_is_counted_and_every_face_says_that_they_overlap() -> None:
    text = GRANT.replace("flow:\n", WISHES, 1) + "statistics: {by: [wishes], suppress_below: 4}\n"
    service = published(text)
    for number in range(4):
        player(
            service, answers={"applicant_name": f"Chan {number}", "wishes": ["music", "dance"]}, example=f"No. {number}"
        )()
    sealing.seal(at=AT)
    open_data.catch_up()
    client = Client()
    found = client.get("/data/statistics/small-grant.json").json()
    assert found["totals"] == {"applications": 4}
    assert found["applications_by"] == {"wishes": {"music": 4, "dance": 4, "drama": 0}}
    assert found["counted_under_several"] == {"wishes": SAID}
    assert client.get("/api/v1/statistics/small-grant").json() == found
    kept = client.get("/data/statistics/small-grant.csv").getvalue().decode("utf-8-sig")
    rows = {(row["by"], row["value"]): row for row in csv.DictReader(io.StringIO(kept))}
    assert (rows["wishes", "music"]["count"], rows["wishes", "music"]["note"]) == ("4", " / ".join(SAID.values()))
    assert rows["total", ""]["note"] == ""
    for lang, said in SAID.items():
        page = client.get(f"/{lang}/statistics/small-grant").content.decode()
        assert page.count(said) == 2, "the chart and its table"
    # One more who wants music alone could be worked out from the total.
    player(service, answers={"applicant_name": "Chan", "wishes": ["music"]})()
    sealing.seal(at=AT)
    open_data.catch_up()
    found = client.get("/data/statistics/small-grant.json").json()
    assert found["applications_by"] == {"wishes": {"music": None, "dance": None, "drama": None}}
    page = client.get("/en/statistics/small-grant").content.decode()
    chart, table = page.partition('id="chart-by-wishes"')[2].split('id="table-by-wishes"')
    assert "All of these numbers are still too small to be shown." in chart
    assert "chart-bar" not in chart, "no bar stands for what nobody may know"
    assert table.partition("</table>")[0].count("not shown") == 3
    before = open_data.snapshot()
    open_data.rebuild()
    assert open_data.snapshot() == before
    load.forget()
    vault.reset_memory()


@pytest.mark.django_db
def test_open_data_may_be_read_by_pages_of_others_and_nothing_else_may(client: Client) -> None:
    data = client.get("/data/sets.json")
    assert data.headers["Access-Control-Allow-Origin"] == "*"
    assert data.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    missing = client.get("/data/statistics/nothing.csv")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    page = client.get("/en/")
    assert "Access-Control-Allow-Origin" not in page.headers
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
