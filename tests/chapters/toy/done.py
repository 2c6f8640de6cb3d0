"""What stamps do, for a test of chapters: each is an entry that nobody holds."""

from typing import Any

from praya.blocks.registers import api as registers
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Reading


def _stamps(case_ref: str) -> list[str]:
    return sorted(entry.register.removeprefix("stamp-") for entry in registers.of_case(case_ref))


def _press(effects: Any, now: Occasion) -> None:
    stamp = registers.NewEntry(
        service=now.service.service,
        register=f"stamp-{effects.stamp}",
        case_ref=now.case.ref,
        facts={"stamp": effects.stamp},
        from_date=now.pack.calendar.day_of(now.at),
        until_date=None,
        once_key=now.once(f"stamp-{effects.stamp}"),
    )
    registers.enter(stamp, at=now.at, by=now.by)


def _stamped(moment: Moment, _expected: object) -> tuple[str, ...]:
    return tuple(_stamps(moment.case.ref)) if moment.case else ()


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"stamps": {"count": len(_stamps(reading.case.ref))}}, {}


CHAPTER = Chapter(effects=(Effect(115, ("stamp",), _press),), facts=_facts, expectations={"stamped": _stamped})
