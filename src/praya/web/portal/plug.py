"""The residents' pages."""

from praya.kernel.plug import Entry, Plug, Routes


def _foot(name: str, to: str, order: int) -> Entry:
    return Entry(place="footer", name=name, label=f"kit.foot_{name}", to=to, order=order)


def _follow(name: str, order: int) -> Entry:
    return Entry(
        place="home", name=name, label=f"portal.{name}_title", lead=f"portal.{name}_lead", to=name, order=order
    )


PLUG = Plug(
    name="portal",
    routes=(Routes(urls="praya.web.portal.urls"), Routes(urls="praya.web.portal.root_urls", below="root")),
    entries=(
        _foot("contact", "contact", 10),
        _foot("accessibility", "accessibility", 20),
        _foot("privacy", "privacy", 30),
        _foot("registers", "registers", 40),
        _foot("verify", "verify", 60),
        _follow("track", 10),
        _follow("verify", 20),
        _follow("registers", 30),
    ),
    rates={
        # By network. There are 30^7 references: among 200,000 cases a network that guesses meets one in 15 hours, and
        # sees no person.
        "track": "120/minute",
        "verify": "240/minute",
        # Looking for a code in a picture costs up to a second; one is looked at at a time (credentials/pictures.py).
        "picture": "120/minute",
        "search": "1200/minute",
        "keep_any_form": "600/hour",
        # By person.
        "submit": "60/minute",
        "invite": "20/hour",
        "keep_form": "60/hour",
    },
)
