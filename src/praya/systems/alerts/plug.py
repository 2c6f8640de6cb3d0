"""What the alerts bring: a slot on every page, the status page, the command that raises and ends them."""

from praya.kernel.plug import MenuEntry, Plug, Routes, Slot

PLUG = Plug(
    name="alerts",
    tables=True,
    routes=(Routes(urls="praya.systems.alerts.pages.urls"),),
    entries=(MenuEntry(place="footer", name="status", label="alerts.status", to="status", order=55),),
    slots=(Slot(place="page_top", content="praya.systems.alerts.pages.views:banner", order=10),),
    commands="praya.systems.alerts.commands",
    forget=("praya.systems.alerts.api:forget",),
)
