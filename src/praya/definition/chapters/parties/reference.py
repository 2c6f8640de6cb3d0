"""The sentences and examples of the reference about the words of parties."""

from typing import Any

REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "parties": (
            "Who else takes part, by name: each fills a section of their own and sees nothing else. See Party.",
            {
                "doctor": {
                    "label": {"en": "Doctor", "zh-hant": "醫生"},
                    "email": "answers.doctor_email",
                    "form": [
                        {
                            "page": "fit",
                            "questions": [
                                {
                                    "fit_to_attend": {
                                        "type": "yes-no",
                                        "label": {
                                            "en": "Is the child fit to attend?",
                                            "zh-hant": "該兒童是否適合上學？",
                                        },
                                    }
                                }
                            ],
                        }
                    ],
                }
            },
        ),
    },
    "Party": {
        "name": (
            "Its name; written as the key. Expressions say `parties.doctor`.",
            "doctor",
        ),
        "label": (
            "As what they are asked, for all who read of them.",
            {"en": "Doctor", "zh-hant": "醫生"},
        ),
        "says": (
            "What they are asked for, in the letter and on the page where they begin.",
            {"en": "Please say whether the child is fit to attend.", "zh-hant": "請說明該兒童是否適合上學。"},
        ),
        "email": (
            (
                "An expression for the address that is invited. Only who signs in with it can open the section. "
                "The applicant's own address is refused at the question that gives it (`own_address`)."
            ),
            "answers.doctor_email",
        ),
        "holder": (
            (
                "Instead of email: the present holder of the entry that the service is about, by "
                "the address that the register knows. A service that transfers has such a party."
            ),
            True,
        ),
        "called": (
            "An expression for their name, with which the letter begins.",
            "answers.doctor_name",
        ),
        "when": (
            "They are invited only when this holds.",
            "answers.child_age < 18",
        ),
        "several": (
            (
                "A repeat of the applicant's: each of its items is invited. In email, called and "
                "when `item` is the one at hand."
            ),
            "answers.members",
        ),
        "sees": (
            (
                "The applicant's answers that they may read, files among them; a page means all of its questions, "
                "where no question has its name; with `item.` those of the item "
                "they are, with `findings.` what officers found, and with another party's name what that one gave: "
                "doctor.report. Nothing else, neither on their page nor in letters to them."
            ),
            ["child_name", "school"],
        ),
        "on_opening": (
            "They are invited as soon as the case is opened. With false only where the flow says `invite`.",
            False,
        ),
        "within": (
            "How long the invitation stands. Then it has lapsed.",
            "14 days",
        ),
        "form": (
            (
                "The pages of their section, as in a form. Expressions there see its own answers, "
                "those that it sees, item, parameters and today."
            ),
            [
                {
                    "page": "fit",
                    "questions": [
                        {
                            "fit_to_attend": {
                                "type": "yes-no",
                                "label": {"en": "Is the child fit to attend?", "zh-hant": "該兒童是否適合上學？"},
                            }
                        }
                    ],
                }
            ],
        ),
        "asks": (
            "Pages of the applicant's form that they are asked too, the same of both, before those of `form`.",
            ["about-you"],
        ),
        "equal": (
            (
                "Once they have given their section they take part as the applicant does: they have the page of "
                "the case, do what the applicant may do, and hold its records and entries with the applicant. Of "
                "the applicant's answers they still see what `sees` names; otherwise letters tell them what they tell "
                "the applicant, such as `{ranking.place}`, and go to them only once they have given."
            ),
            True,
        ),
    },
    "Effects": {
        "invite": (
            (
                "Parties that are asked for their section. Who is waited for gets the letter "
                "again; who has given is asked again only by an action."
            ),
            ["doctor"],
        ),
    },
    "Expect": {
        "parties": (
            "How each party stands: none, waiting, given, declined or lapsed.",
            {"doctor": "given"},
        ),
    },
    "Step": {
        "party": (
            "The party that gives its section, with answers, instead of by and do.",
            "doctor",
        ),
        "number": (
            "Which one of several, counted from 1.",
            2,
        ),
        "declines": (
            "The party says no instead, for this reason.",
            "I do not know this child.",
        ),
    },
}

NAMES = {
    "parties": (
        (
            "Who takes part: `parties.doctor.state` is none, waiting, given, declined or lapsed, "
            "and `parties.doctor.answers.fit` what they gave. Of several, `.all`, `.waiting`, "
            "`.given`, `.declined` and `.lapsed` count, `.each` is a list with state and answers, "
            "and `.state` is waiting, declined or lapsed as long as one of them is."
        ),
        "in flow, records, registers, notices",
    ),
}
