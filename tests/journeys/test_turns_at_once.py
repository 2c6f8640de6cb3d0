"""Each thing is given once however many choose it at one moment, on both databases."""

from tests.installations import House


def test_many_choose_one_thing_at_the_same_moment_and_one_gets_it(house: House) -> None:
    rounds, taken = house.call("tests.journeys.turns:race", rounds=3, processes=4)
    assert taken == ["r1", "r2", "r3"]
    for told, states, holders, later in rounds:
        assert told["chosen"] == 1, told
        assert told.get("NotAnswered", 0) == 3, told
        assert (states["chosen"], holders) == (1, 1)
        # The place of whoever has chosen is the next one's, unless nothing is left for anybody.
        assert later in {"choosing", "nothing"}


def test_several_workers_call_no_more_than_have_a_turn_and_number_everybody_once(house: House) -> None:
    numbers, states = house.call("tests.journeys.turns:workers", people=6, processes=3)
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert states == {"choosing": 2, "waiting": 4}
