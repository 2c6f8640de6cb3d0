"""The sentences and examples of the reference about the words of registers."""

from datetime import date
from typing import Any

REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "subject": (
            ("The service is about an entry that exists: a renewal, a change, a transfer. See Subject."),
            {"register": "boarders", "service": "dog-boarding", "who": "holder"},
        ),
        "registers": (
            "Lists that a case can enter, by name.",
            {
                "boarders": {
                    "title": {"en": "Licensed boarders", "zh-hant": "持牌寄養場所"},
                    "facts": {"shop": {"label": {"en": "Shop", "zh-hant": "店舖"}, "value": "answers.shop_name"}},
                }
            },
        ),
    },
    "Register": {
        "name": ("Its name; written as the key.", "boarders"),
        "title": ("What it is called.", {"en": "Licensed boarders", "zh-hant": "持牌寄養場所"}),
        "summary": (
            "A sentence above it.",
            {"en": "Every shop with a licence in force.", "zh-hant": "所有持有有效牌照的店舖。"},
        ),
        "legal_basis": (
            "The law that makes it public, in each language or as one plain text.",
            {"en": "Cap. 139, section 9", "zh-hant": "第 139 章第 9 條"},
        ),
        "public": (
            ("Whether anybody may see it. Officers of the department see and search every register on the desk."),
            False,
        ),
        "facts": (
            "What it shows of an entry, by name, and nothing else.",
            {"shop": {"label": {"en": "Shop", "zh-hant": "店舖"}, "value": "answers.shop_name"}},
        ),
        "valid": (
            (
                "How long an entry stands, its first day included: a year from 12 March is through 11 March. "
                "Then it lapses by itself."
            ),
            "1 year",
        ),
        "several": (
            (
                "A repeat, of the form or of an action, or those of its items that `filter` keeps: one entry is made "
                "for each. In the facts `item` is the one at hand, and of a repeat with `of` its row is `item.row`."
            ),
            "answers.dogs.filter(d, d.kept)",
        ),
        "renews_from": ("Whether a renewal counts from the day after the entry's end or from today.", "today"),
        "remind": ("Letters to the holder before the last day.", [{"before": "2 months", "notify": "renewal-due"}]),
        "valid_until": (
            "An expression for the last day, instead of valid, also when it is renewed. With null it never ends.",
            "booking.last_date",
        ),
        "found_by": (
            (
                "The facts by which `lookups` find entries: one, or several together. A number, a date or a place "
                "stands last. By a fact that is not public a look-up finds an entry by its exact value."
            ),
            ["plate", ["kind", "area"]],
        ),
        "search_by": (
            (
                "Facts with `public: false` by whose whole value anybody finds an entry on the page of the register, "
                "such as a registration mark. The value itself is shown to nobody and stands in no address; so many "
                "tries a minute are taken from one network."
            ),
            ["chip"],
        ),
        "tells": (
            (
                "Of a register that is not public: count, so that rules of any service learn how many entries have "
                "values that they give whole (`found_by`), and nothing else of them: `lookups.unpaid.count`."
            ),
            "count",
        ),
        "unique": (
            (
                "Facts that no two live entries have alike, taken together, whatever their case, width and spaces. Who "
                "would enter a second one is refused."
            ),
            ["plate"],
        ),
    },
    "RegisterFact": {
        "name": ("Its name; written as the key. Services about the entry see it as {entry.shop}.", "shop"),
        "label": ("What people read beside it.", {"en": "Shop", "zh-hant": "店舖"}),
        "value": ("An expression. An answer is shown as its question shows it.", "answers.shop_name"),
        "public": (
            (
                "Whether anybody may see it; a fact that is not public is sealed, and shown to the department "
                "and the holder."
            ),
            False,
        ),
        "kind": (
            (
                "What it is: text, number, money, date, choice, yes-no or place. Rules, the API and files then have "
                "its value. Without it, what the question asks whose answer it is."
            ),
            "date",
        ),
        "labels": (
            (
                "What people read of its values, by value, on pages, in letters and in files; rules, `values` and the "
                "filled file have the value. The fact is then a choice, and takes no other word."
            ),
            {"valid": {"en": "In order", "zh-hant": "有效"}, "suspended": {"en": "Suspended", "zh-hant": "暫時吊銷"}},
        ),
    },
    "Reminder": {
        "before": ("How long before the last day.", "2 months"),
        "notify": (
            ("The letter. It can say {entry.until} and the entry's facts, {url}, and nothing of a case."),
            "renewal-due",
        ),
    },
    "Subject": {
        "register": ("The register of the entry.", "boarders"),
        "service": ("The service whose register it is, when it is another one.", "dog-boarding"),
        "who": (
            (
                "Who may begin: the entry's holder, anyone who knows its number, as for a transfer, or the person whom "
                "the entry names (`named_by`)."
            ),
            "anyone",
        ),
        "open_before": ("How long before the entry's end it can be begun. Without it at any time.", "3 months"),
        "facts": (
            (
                "What amend writes, by the name of the register's fact; others stay, and so does one whose "
                "expression is null. Without it the register's own expressions."
            ),
            {"shop": "answers.new_name"},
        ),
        "named_by": (
            "With `who: named`, the fact of the register that is the e-mail address of whoever may begin.",
            "email",
        ),
    },
    "Effects": {
        "register": (
            (
                "The register in which the case is entered. A case has one entry in a register, or one of each "
                "item: when it comes back into a state that enters it, an entry that stands stays as it is."
            ),
            "boarders",
        ),
        "renew": (
            (
                "The entry that the case is about, or that it made in this register, lasts longer by the "
                "register's valid. Of one set of effects `amend` comes first, then `renew`, then `transfer`: a fact "
                "that is amended by `entry.until` has the last day before the renewal."
            ),
            "boarders",
        ),
        "amend": ("It says the register's facts anew, or those of subject.facts. What it said is kept.", "boarders"),
        "transfer": ("The applicant becomes its holder; with `transfer_to` a party does.", "boarders"),
        "transfer_to": (
            (
                "Beside transfer, in a service that the holder begins: the party that becomes the holder. It must have "
                "given its section by then. A record that the same effects issue is theirs."
            ),
            "buyer",
        ),
        "strike": (
            (
                "Entries are struck off: `own`, those that the case made, `subject`, the one that it is about, or "
                "`true`, which means whichever of the two the service has. Letters, records and public notices of the "
                "same effects still read them."
            ),
            "own",
        ),
    },
    "Expect": {
        "register_entry": (
            "Facts of the entry that the case is about, or else of the newest that it made, unless it is struck off.",
            {"shop": "Sample Shop"},
        ),
        "entry": ("What that entry is: coming, in-force, lapsed, struck or none.", "in-force"),
        "own_entry": (
            (
                "In a service about an entry, what the newest entry is that the case itself made: coming, in-force, "
                "lapsed, struck or none."
            ),
            "struck",
        ),
        "entry_until": (
            "Its last day. Of several that the case made, that of the last item, as for `record`.",
            date(2027, 3, 5),
        ),
    },
}

NAMES = {
    "entry": (
        (
            "The entry that the service is about, or that the case made (of several, the last item's): "
            "`entry.ref`, `entry.from`, `entry.until`, and the register's facts, `entry.shop`."
        ),
        "everywhere in a service with a `subject`; in flow, records and notices of one with registers",
    ),
}
