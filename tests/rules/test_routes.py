"""The order of visits: a short way, from each to the nearest that is left."""

from hypothesis import given
from hypothesis import strategies as st

from praya.journey.routes import Whereabouts, ordered
from praya.kernel.geo import metres

DISTRICTS = st.sampled_from(["", "north", "south"])
POINTS = st.fixed_dictionaries({
    "lat": st.floats(22.1, 22.6, allow_nan=False), "lon": st.floats(113.8, 114.5, allow_nan=False),
})  # fmt: skip
KNOWN = st.builds(Whereabouts, point=POINTS, district=DISTRICTS)
STOPS = KNOWN | st.builds(Whereabouts, district=DISTRICTS)


def at(lat: float, lon: float, district: str = "") -> Whereabouts:
    return Whereabouts(point={"lat": lat, "lon": lon}, district=district)


@given(st.lists(STOPS, max_size=12), st.none() | STOPS)
def test_every_stop_is_visited_once(stops: list[Whereabouts], after: Whereabouts | None) -> None:
    assert sorted(ordered(stops, after)) == list(range(len(stops)))


@given(st.lists(KNOWN, min_size=2, max_size=10), KNOWN)
def test_each_next_stop_is_the_nearest_that_is_left(stops: list[Whereabouts], after: Whereabouts) -> None:
    way = ordered(stops)
    assert way[0] == 0
    begun = ordered(stops, after)
    assert metres(after.point, stops[begun[0]].point) == min(metres(after.point, stop.point) for stop in stops)
    for position, here in enumerate(way[:-1]):
        nearest = min(metres(stops[here].point, stops[one].point) for one in way[position + 1 :])
        assert metres(stops[here].point, stops[way[position + 1]].point) == nearest


def test_an_address_without_a_point_is_in_the_middle_of_its_district() -> None:
    far, near, within = at(22.5, 114.2, "north"), at(22.28, 114.15), Whereabouts(district="north")
    assert ordered([at(22.2, 114.1), far, near, within]) == [0, 2, 1, 3]
    assert ordered([Whereabouts(district="a"), Whereabouts(district="b"), Whereabouts(district="a")]) == [0, 2, 1]
    assert ordered([Whereabouts(), Whereabouts(), Whereabouts()]) == [0, 1, 2], "nothing known: as they stand"
