"""Where the holidays that the pack knows end, the desk and the doctor say so."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.read_packs import pack_in

from praya.project import diagnosis
from praya.web.desk import clocks

FOLDER = Path(__file__).parents[2] / "packs" / "hongkong"
PACK = pack_in(FOLDER)


@pytest.mark.parametrize(("due", "words"), [
    (datetime(2027, 12, 30, tzinfo=UTC), "due 30 December 2027"),
    (datetime(2028, 2, 3, tzinfo=UTC),
     "due 3 February 2028 (not certain: public holidays are known until 31 December 2027 only)"),
])  # fmt: skip
def test_a_due_day_beyond_the_holidays_is_not_certain(due: datetime, words: str) -> None:
    said = clocks.clock_words(due, waits=False, pack=PACK, lang="en", at=datetime(2027, 12, 20, tzinfo=UTC))
    assert said["due_words"] == words


@pytest.mark.parametrize(("at", "state"), [
    (datetime(2026, 11, 29, tzinfo=UTC), "ok"), (datetime(2027, 8, 1, tzinfo=UTC), "warn"),
    (datetime(2028, 1, 20, tzinfo=UTC), "fail"),
])  # fmt: skip
def test_the_doctor_says_until_when_the_holidays_are_known(at: datetime, state: str) -> None:
    (finding,) = diagnosis.holidays(FOLDER, at)
    assert finding.state == state
    assert "2027-12-31" in finding.sentence
