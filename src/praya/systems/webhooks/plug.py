"""What the webhooks bring: the desk's page, operations of the API, the command, the queue and its sending."""

from praya.kernel.plug import MenuEntry, Plug, Routes

PLUG = Plug(
    name="webhooks",
    tables=True,
    routes=(Routes(urls="praya.systems.webhooks.desk.urls", below="desk"),),
    operations=("praya.systems.webhooks.machine.operations",),
    entries=(
        MenuEntry(
            place="desk",
            name="webhooks",
            label="webhooks.title",
            to="desk/webhooks",
            order=85,
            shows="praya.systems.webhooks.desk.access:supervises",
        ),
    ),
    scopes={"webhooks": "registering and watching webhooks for the department"},
    parts="praya.systems.webhooks.parts:PARTS",
    folds="praya.systems.webhooks.api:FOLDS",
    settings="praya.kernel.posting:PostingSettings",
    checks=("praya.systems.webhooks.checks:receivers",),
    commands="praya.systems.webhooks.commands",
)
