"""What the directory of forms brings: its pages, its documents for the search, and the command that imports it."""

from praya.kernel.plug import MenuEntry, Plug, Routes

PLUG = Plug(
    name="form_directory",
    tables=True,
    routes=(Routes(urls="praya.systems.form_directory.pages.urls"),),
    entries=(
        MenuEntry(
            place="home", name="forms", label="form_directory.title", lead="form_directory.lead", to="forms", order=40,
            shows="praya.systems.form_directory.pages.views:has_forms",
        ),
    ),
    documents="praya.systems.form_directory.api:documents",
    documents_edition="praya.systems.form_directory.api:edition",
    commands="praya.systems.form_directory.commands",
)  # fmt: skip
