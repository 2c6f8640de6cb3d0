"""What a machine reads: applications, their progress, records and figures."""

from datetime import timedelta

from tests.web.api.world import World, codes, error

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.text import Text


def test_reading_an_application_shows_it_whole_and_is_journalled(world: World) -> None:
    found = world.opened()
    response = world.get(f"applications/{found['reference']}", "fehd")
    assert response.status_code == 200
    whole = response.json()
    assert whole["applicant"]["email"] == "siu.ming@example.com"
    assert whole["answers"]
    assert whole["files"]
    assert [actor for _, actor in cases.reads(found["reference"])] == ["token:fehd-machine"]
    typed = found["reference"].lower().replace("-", " ")
    assert world.get(f"applications/{typed}", "fehd").json()["reference"] == found["reference"]
    identity.erase(person_ref=found["applicant"], at=world.now, by="system")
    vault.reset_memory()
    gone = world.get(f"applications/{found['reference']}", "fehd").json()
    assert (gone["applicant"], gone["answers"], gone["files"]) == (None, {}, [])


def test_a_department_sees_no_application_of_another(world: World) -> None:
    ref = world.opened()["reference"]
    of_another = error(world.get(f"applications/{ref}", "td"), 404, "no_application")
    of_nobody = error(world.get("applications/RL-2222-2222", "td"), 404, "no_application")
    assert {**of_another, "request": ""} == {**of_nobody, "request": ""}
    assert world.get("applications", "td").json() == {"applications": [], "next": None}
    assert cases.reads(ref) == []
    case = cases.case(ref)
    cases.refer(ref=ref, departments=["td"], due_at=None, at=world.now, by="officer:x")
    assert case.department == "fehd"
    assert world.get(f"applications/{ref}", "td").status_code == 200, "a department that was asked sees it"


def test_the_list_has_every_application_once_and_nothing_personal(world: World) -> None:
    body = world.application("restaurant-licence", "licence-granted")
    made = set()
    for number in range(7):
        world.now += timedelta(days=number % 3)
        whole = {**body, "applicant": {"email": f"person{number}@example.com"}}
        response = world.post("services/restaurant-licence/applications", whole, "fehd", key=f"k{number}")
        made.add(response.json()["reference"])
    seen: list[str] = []
    after = ""
    for _ in range(10):
        response = world.get(f"applications?limit=3&service=restaurant-licence&after={after}", "fehd")
        assert "example.com" not in response.content.decode()
        seen += [line["reference"] for line in response.json()["applications"]]
        after = response.json()["next"]
        if after is None:
            break
    assert len(seen) == len(made)
    assert set(seen) == made
    assert codes(error(world.get("applications?after=eA", "fehd"), 422, "invalid")) == {"after": "not_a_mark"}
    assert codes(error(world.get("applications?limit=0", "fehd"), 422, "invalid")) == {"limit": "too_small"}
    assert world.get("applications?closed=true", "fehd").json()["applications"] == []


def test_anybody_follows_an_application_and_learns_nothing_about_the_person(world: World) -> None:
    found = world.opened()
    response = world.get(f"track/{found['reference']}", accept_language="zh-HK")
    tracked = response.json()
    assert [m["state"] for m in tracked["milestones"]].count("current") == 1
    assert tracked["service_title"] == load.territory().service("restaurant-licence").title.in_("zh-hant")
    assert response["Content-Language"] == "zh-Hant-HK"
    assert set(tracked) == {"reference", "service", "service_title", "department", "due_date", "milestones"}
    error(world.get("track/RL-2222-2222"), 404, "no_application")
    error(world.get("track/%ff%fe"), 404, "no_application")
    assert world.get("track/%00%ff").status_code == 404


def test_a_record_is_verified_by_its_text(world: World) -> None:
    found = world.opened()
    new = credentials.NewRecord(
        person_ref=found["applicant"], case_ref=found["reference"], service="restaurant-licence", name="licence",
        title=Text({"en": "Licence", "zh-hant": "牌照"}),
        facts=[credentials.RecordFact("shop", Text({"en": "Shop", "zh-hant": "店名"}), {"en": "Sea", "zh-hant": "海"})],
        valid_until=None, once_key="x",
    )  # fmt: skip
    record = credentials.issue(new, at=world.now)
    verdict = world.post("records/verify", {"record": f"https://praya.example/v#{record.token}"}).json()
    assert (verdict["state"], verdict["facts"][0]["value"]["zh-hant"]) == ("valid", "海")
    credentials.revoke(ref=record.ref, because="test", at=world.now, by="system")
    assert world.post("records/verify", {"record": record.token}).json()["state"] == "revoked"
    forged = world.post("records/verify", {"record": record.token[:-9] + "AAAAAAAAA"}).json()
    assert forged["state"] == "forged"
    assert forged["facts"] == []
    assert world.post("records/verify", {"record": "gibberish ✓"}).json()["state"] == "unreadable"


def test_the_figures_are_those_of_the_open_data(world: World) -> None:
    world.opened()
    found = world.get("statistics/restaurant-licence").json()
    assert found == world.client.get("/data/statistics/restaurant-licence.json").json()
    error(world.get("statistics/nothing"), 404, "no_service")
