"""Several people at one case at the same moment, in processes of their own, on both databases."""

from tests.installations import House


def test_of_many_reviewers_as_many_count_as_it_needs(house: House) -> None:
    for told, kept, state in house.call("tests.journeys.together:reviews", rounds=4, processes=5):
        assert told.get("done", 0) == 2, told
        assert set(told) <= {"done", "CaseMoved", "NotAllowed"}
        assert (kept, state) == (2, "granted")


def test_parties_that_give_at_once_neither_lose_anything_nor_wait_for_each_other_forever(house: House) -> None:
    for told, states, state in house.call("tests.journeys.together:sections", rounds=6):
        # Whoever withdraws may find that the case moved; whoever gives may find that it is over.
        assert set(told) <= {"given", "withdrawn", "CaseMoved", "NotAllowed", "NotWaiting"}, told
        assert states.count("given") == told.get("given", 0)
        assert state == ("withdrawn" if told.get("withdrawn") else "granted")
        assert "waiting" not in states


def test_a_credit_is_spent_once_however_many_would_spend_it(house: House) -> None:
    for has, wants, told, left, done in house.call("tests.journeys.together:spending", rounds=8, seed=20261130):
        spent = min(has, wants)
        assert (told.get("spent", 0), left, done) == (spent, has - spent, spent), (has, wants, told)
        assert set(told) <= {"spent", "NotAllowed", "NoEntry", "EntryChanged"}, told
