"""The officers' desk."""

from praya.kernel.plug import MenuEntry, Plug, Routes
from praya.kernel.roles import Role


def _tab(name: str, to: str, order: int, shows: str = "") -> MenuEntry:
    return MenuEntry(place="desk", name=name, label=f"desk.list_{name}", to=f"desk/{to}", order=order, shows=shows)


PLUG = Plug(
    name="desk",
    routes=(Routes(urls="praya.web.desk.urls", below="desk"),),
    # By officer. Somebody who serves at a counter looks up a case for each person who comes.
    rates={"desk_search": "60/minute", "desk_export": "30/hour"},
    roles=(Role(name="exporter", label="desk.role_exporter"),),
    parts="praya.web.desk.parts:PARTS",
    entries=(
        _tab("todo", "?tab=todo", 10, "praya.web.desk.reach:departments_of"),
        _tab("waiting", "?tab=waiting", 15, "praya.web.desk.reach:departments_of"),
        _tab("asked", "?tab=asked", 20, "praya.web.desk.reach:departments_of"),
        _tab("mine", "?tab=mine", 30, "praya.web.desk.reach:departments_of"),
        _tab("closed", "?tab=closed", 40, "praya.web.desk.reach:departments_of"),
        _tab("bookings", "bookings", 50, "praya.web.desk.reach:booking_services_of"),
        _tab("registers", "registers", 60, "praya.web.desk.reach:register_services_of"),
        _tab("board", "board", 65, "praya.web.desk.reach:supervised_by"),
        _tab("numbers", "numbers", 70, "praya.web.desk.reach:supervised_by"),
        _tab("exports", "exports", 75, "praya.web.desk.exports:exporter_of"),
        _tab("assist", "assist", 78, "praya.web.desk.assistance:services_of"),
        _tab("trials", "trials", 80, "praya.web.desk.reach:trials_of"),
    ),
)
