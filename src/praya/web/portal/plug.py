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
        "track": "120/minute",
        "verify": "240/minute",
        "picture": "120/minute",
        "search": "1200/minute",
        "submit": "60/minute",
        "invite": "20/hour",
    },
)
