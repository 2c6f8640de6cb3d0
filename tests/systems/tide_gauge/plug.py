"""Something in every field."""

from praya.kernel.plug import Headers, MenuEntry, PackFiles, Plug, Process, Routes, Slot, Store
from praya.kernel.roles import Role

PLACES = ("header", "footer", "home", "me", "demo")
SLOTS = ("head", "page_top", "page_end", "home", "me", "service", "draws", "register", "case", "community")

PLUG = Plug(
    name="tide_gauge",
    tables=True,
    routes=(
        Routes(urls="tide_gauge.pages.urls"),
        Routes(urls="tide_gauge.desk.urls", below="desk"),
        Routes(
            urls="tide_gauge.machine.urls",
            below="root",
            at="tide-data/",
            headers=Headers(shared=True, policy=(("form-action", "https://tides.example"),), cache=300),
            errors="tide_gauge.machine.views:error",
        ),
    ),
    operations=("tide_gauge.machine.operations",),
    entries=(
        *(
            MenuEntry(
                place=place, name="tides", label=f"tide_gauge.{place}", lead="tide_gauge.lead", to="tides", order=95
            )
            for place in PLACES
        ),
        MenuEntry(place="service", name="tides", label="tide_gauge.of", to="tides?of={service}", order=95),
        MenuEntry(
            place="desk", name="tides", label="tide_gauge.tab", to="desk/tides", order=95,
            shows="tide_gauge.desk.access:keeps_tides",
        ),
    ),
    slots=tuple(Slot(place=place, content=f"tide_gauge.pages.slots:{place}") for place in SLOTS),
    roles=(
        Role(name="tide-keeper", label="tide_gauge.keeper", of="system"),
        Role(name="tide-warden", label="tide_gauge.warden", of="department"),
        Role(name="tide-juror", label="tide_gauge.juror", of="community"),
    ),
    scopes={"tides": "note heights of the tide"},
    rates={"tides_looked_at": "4/minute"},
    parts="tide_gauge.parts:PARTS",
    folds="tide_gauge.folds:FOLDS",
    processes=(Process(name="tide gauge", command=("tide-gauge", "watch"), sentence="It reads the gauge."),),
    stores=(
        Store(name="tide-charts", sentence="Charts that people drew.", erase="tide_gauge.api:erase_charts"),
        Store(name="tide-tiles", sentence="Pictures of the sea.", made_again=True),
    ),
    settings="tide_gauge.settings:Settings",
    readiness={"tide_gauge": "tide_gauge.checks:gauge_is_there"},
    checks=("tide_gauge.checks:flood",),
    metrics="tide_gauge.checks:metrics",
    measures={"tide_noted": "tides"},
    documents="tide_gauge.api:documents",
    documents_edition="tide_gauge.api:documents_edition",
    data_sets="tide_gauge.api:data_sets",
    pack_files=(
        PackFiles(
            folder="tide-tables",
            read="tide_gauge.tables:read_table",
            publish="tide_gauge.tables:publish",
            shown_at="tides?table={name}",
        ),
    ),
    commands="tide_gauge.commands",
    forget=("tide_gauge.api:forget",),
    fact_words="tide_gauge.api:in_centimetres",
)  # fmt: skip
