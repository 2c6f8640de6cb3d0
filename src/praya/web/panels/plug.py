"""Panels: a list for each member, on a resident's page and as a tab of the desk."""

from praya.kernel.plug import MenuEntry, Plug, Routes, Slot

PLUG = Plug(
    name="panels_pages",
    routes=(
        Routes(urls="praya.web.panels.urls"),
        Routes(urls="praya.web.panels.desk_urls", below="desk"),
    ),
    entries=(
        MenuEntry(
            place="desk",
            name="panels",
            label="panels.title",
            to="desk/panels",
            order=86,
            shows="praya.web.panels.access:may_judge",
        ),
    ),
    slots=(
        Slot(place="me", content="praya.web.panels.views:on_own_page"),
        Slot(place="case", content="praya.web.panels.department:of_case"),
    ),
)
