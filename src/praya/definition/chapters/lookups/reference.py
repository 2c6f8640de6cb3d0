"""The sentences and examples of the reference about the words of lookups."""

from typing import Any

REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "lookups": (
            "Entries of registers that rules ask for, by name: `lookups.fines.count`. See Lookup.",
            {"fines": {"register": "fines", "service": "parking-fine", "whose": "own"}},
        )
    },
    "Lookup": {
        "name": ("Its name; written as the key.", "fines"),
        "register": ("The register in which it looks.", "fines"),
        "service": ("The service whose register it is, when it is another one.", "parking-fine"),
        "whose": (
            (
                "Whose entries: anyone's of a public register, of which rules see what everybody may read; the "
                "applicant's own, also of a register that is not public, with all their facts; or department, all "
                "entries of a register of the same department, which officers see beside the case and no rule reads."
            ),
            "own",
        ),
        "where": (
            (
                "What the entries say: facts, and expressions with their values, one value each, not a list. While one "
                "is unknown, nothing is known. A look-up is made once for the case and knows no `item`; in an item say "
                "`lookups.fines.each.exists(e, e.plate == item.plate)`."
            ),
            {"plate": "answers.plate"},
        ),
        "between": (
            "A number or a date in order, from and until, both included; one of the two may be left out.",
            {"found_on": {"from": "answers.lost_on"}},
        ),
        "near": ("A place, and how far around it.", {"fact": "place", "to": "answers.place", "within": 500}),
        "when": (
            "Of the entries that were found, those for which this holds; `entry` is the entry at hand.",
            "entry.paid == false",
        ),
        "rank": (
            (
                "A number by which they are ordered, the highest first; `entry` is the entry at hand. Without it the "
                "nearest first, otherwise the newest."
            ),
            "similar(entry.description, answers.description)",
        ),
        "most": ("How many entries are read at most.", 20),
        "ended": (
            "Also entries that have lapsed or are to begin, and of one's own also those that were struck off.",
            True,
        ),
        "label": (
            "With it officers see beside the case what is found, in its order.",
            {"en": "Items that may be it", "zh-hant": "可能相符的物品"},
        ),
    },
    "Near": {
        "fact": ("The place in the register.", "place"),
        "to": ("An expression: a place with a point on the map.", "answers.place"),
        "within": ("Metres, as the crow flies.", 500),
    },
    "Between": {
        "from": ("The least value.", "answers.lost_on"),
        "until": ("The greatest value.", "today"),
    },
    "Effects": {
        "on_entries": (
            (
                "What happens to the entries that a look-up finds, or that an answer to an `entry` question names. "
                "When there is none any more the action is refused, so that a credit is spent once."
            ),
            {"credit": {"which": "first", "strike": True}},
        )
    },
    "OnEntries": {
        "which": ("All of them, or the first in the order of the look-up.", "first"),
        "strike": ("They are struck off.", True),
        "renew": ("They last longer, as their register says.", True),
        "amend": (
            "What they say from now on, by fact; `entry` is the entry at hand, and what it said is kept.",
            {"paid": "true"},
        ),
        "refund": (
            (
                "Fees or deposits that are given back of the case that was paid for the entry: the one that made it or,"
                " later, renewed, changed or took it over; of several the newest that was paid. Whole, or by name how"
                " much of each, where `paid.licence.amount` is what was paid. Each once; the history says whose it was,"
                " or that nothing was left to give back. The fee lets it: `for_cases_of`. With the key `subject` it is"
                " the entry that the case is about."
            ),
            {"licence": "paid.licence.amount / 2"},
        ),
        "paid_in": (
            "The service whose case was paid, where it is not the one that made the entry.",
            "dog-renewal",
        ),
    },
}

NAMES = {
    "lookups": (
        (
            "What a look-up finds at the moment: `lookups.fines.count`, `.first` and `.each` with the facts, `ref`, "
            "`from`, `until`, `state` and, of a look-up by place, `metres`; `.total.amount` the sum of a number over "
            "all. Where more than `most` match, `.more` is true, `.count` is one more than `most`, and `.total` is "
            "unknown."
        ),
        "everywhere",
    )
}
