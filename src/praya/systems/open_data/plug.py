"""What open data brings: the pages of statistics, files, an operation of the API, the fold that counts."""

from praya.kernel.plug import Headers, MenuEntry, Plug, Routes, Slot

PLUG = Plug(
    name="open_data",
    tables=True,
    routes=(
        Routes(urls="praya.systems.open_data.pages.urls"),
        Routes(
            urls="praya.systems.open_data.machine.urls",
            below="root",
            at="data/",
            headers=Headers(shared=True),
            errors="json",
        ),
    ),
    operations=("praya.systems.open_data.machine.operations",),
    entries=(
        MenuEntry(place="footer", name="statistics", label="open_data.foot", to="statistics", order=50),
        MenuEntry(
            place="home",
            name="statistics",
            label="open_data.figures_title",
            lead="open_data.figures_lead",
            to="statistics",
            order=40,
        ),
        MenuEntry(
            place="service", name="statistics", label="open_data.figures_of", to="statistics/{service}", order=10
        ),
    ),
    slots=(
        Slot(place="register", content="praya.systems.open_data.pages.views:register_files"),
        Slot(place="draws", content="praya.systems.open_data.pages.views:draw_files"),
    ),
    data_sets="praya.systems.open_data.data_sets:data_sets",
    parts="praya.systems.open_data.parts:PARTS",
    folds="praya.systems.open_data.api:FOLDS",
)
