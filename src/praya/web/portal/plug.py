"""The residents' pages."""

from praya.kernel.plug import MenuEntry, Plug, Routes


def _foot(name: str, to: str, order: int) -> MenuEntry:
    return MenuEntry(place="footer", name=name, label=f"kit.foot_{name}", to=to, order=order)


def _follow(name: str, order: int) -> MenuEntry:
    return MenuEntry(
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
        # By network. There are 30^7 references: with 200,000 cases, one network that guesses finds one in 15 hours, and
        # it shows nothing about a person.
        "track": "120/minute",
        "verify": "240/minute",
        "search_register": "1200/minute",
        # A value that is not shown, by which an entry of a register is found: guessing is slow.
        "find_entry": "60/minute",
        # Reading a QR code takes up to a second; one picture is read at a time (credentials/pictures.py).
        "picture": "120/minute",
        "can_use": "240/minute",
        # Each message is an e-mail to a department.
        "feedback": "20/hour",
        "keep_any_form": "600/hour",
        # By person.
        "submit": "60/minute",
        "invite": "20/hour",
        "message": "20/hour",
        # A document takes a tenth of a second of a processor; by person or officer.
        "paper": "30/minute",
        "keep_form": "60/hour",
    },
)
