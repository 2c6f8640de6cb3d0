"""What a machine learns of services and their sessions."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.api.world import World, codes, error

from praya.journey import load


def test_the_services_are_listed_with_working_links_and_kept_by_their_etag(world: World) -> None:
    response = world.get("services")
    assert response.status_code == 200
    listed = {service["name"]: service for service in response.json()["services"]}
    assert set(listed) == set(load.territory().services)
    assert listed["restaurant-licence"]["title"]["zh-hant"]
    assert listed["restaurant-licence"]["department"]["name"] == "fehd"
    for name in ("self", "answers_schema", "statistics", "page"):
        assert world.client.get(listed["restaurant-licence"]["links"][name]).status_code == 200, name
    assert world.client.get(listed["return2hk"]["links"]["slots"]).status_code == 200
    assert "slots" not in listed["restaurant-licence"]["links"]
    again = world.get("services", if_none_match=response["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    with CaptureQueriesContext(connection) as queries:
        world.get("services")
    assert len(queries) == 0


def test_a_service_says_what_it_needs_books_and_takes_as_files(world: World) -> None:
    booked = world.get("services/vaccination-booking").json()["booking"]
    assert [visit["name"] for visit in booked["visits"]] == ["first", "second"]
    assert booked["places"]
    licence = world.get("services/restaurant-licence").json()
    assert licence["booking"] is None
    assert {asked["question"] for asked in licence["files"]}
    assert licence["departments_asked"]
    error(world.get("services/no-such-service"), 404, "no_service")


def test_sessions_are_listed_within_bounds(world: World) -> None:
    world.application("vaccination-booking", "both-doses")
    url = "services/vaccination-booking/slots"
    found = world.get(f"{url}?from=2021-02-26&to=2021-02-27&place=lion-view").json()
    assert {(slot["place"], slot["day"]) for slot in found["slots"]} <= {
        ("lion-view", "2021-02-26"), ("lion-view", "2021-02-27")
    }  # fmt: skip
    assert all(slot["left"] > 0 for slot in found["slots"])
    assert (found["from"], found["to"]) == ("2021-02-26", "2021-02-27")
    assert world.get(url).json()["slots"]
    assert codes(error(world.get(f"{url}?from=2021-02-26&to=2021-09-01"), 422, "invalid")) == {"to": "not_in_reach"}
    assert codes(error(world.get(f"{url}?from=2021-02-27&to=2021-02-26"), 422, "invalid")) == {"to": "not_in_reach"}
    assert codes(error(world.get(f"{url}?from=yesterday"), 422, "invalid")) == {"from": "not_a_day"}
    assert codes(error(world.get(f"{url}?place=mars"), 422, "invalid")) == {"place": "no_place"}
    error(world.get("services/restaurant-licence/slots"), 404, "no_booking")
