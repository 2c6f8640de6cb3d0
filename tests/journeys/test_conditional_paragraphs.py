"""A paragraph of a letter with a condition is said whole, or left out with its blank line."""

from tests.journeys import test_payments as paying

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.journey import jobs

BODY = 'en: "Dear {answers.name},\\n\\n{PARAGRAPH}\\n\\nWe pay {fees.monthly.amount}"'
RISEN = "{fees.paid_out > 100 ? 'In all ' + fees.paid_out + ' to ' + answers.name + '.' : ''}"


def test_a_paragraph_is_said_only_where_its_condition_holds(db: None) -> None:
    text = paying.ALLOWANCE.replace('en: "We pay {fees.monthly.amount}"', BODY.replace("{PARAGRAPH}", RISEN))
    ref = paying.allowance(paying.small(text))
    jobs.run_timers(at=paying.on(2, 28))
    bodies = [letter.body for letter in notices.inbox(cases.case(ref).person_ref)]
    assert bodies == [
        "Dear Holder,\n\nIn all HK$200 to Holder.\n\nWe pay HK$100",
        "Dear Holder,\n\nWe pay HK$100",
    ]
