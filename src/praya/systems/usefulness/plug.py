"""What it brings: the question on each service's page, the page that takes the answer, the supervisors' page."""

from praya.kernel.plug import MenuEntry, Plug, Routes, Slot

PLUG = Plug(
    name="usefulness",
    tables=True,
    routes=(
        Routes(urls="praya.systems.usefulness.pages.urls"),
        Routes(urls="praya.systems.usefulness.desk.urls", below="desk"),
    ),
    entries=(
        MenuEntry(
            place="desk", name="usefulness", label="usefulness.title", to="desk/usefulness", order=84,
            shows="praya.systems.usefulness.desk.access:supervises",
        ),
    ),
    slots=(Slot(place="service", content="praya.systems.usefulness.pages.views:question", order=90),),
    rates={"useful": "20/hour"},
)  # fmt: skip
