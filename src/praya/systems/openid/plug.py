"""What the OpenID provider brings."""

from praya.kernel.plug import Headers, MenuEntry, Plug, Routes
from praya.kernel.roles import Role

PLUG = Plug(
    name="openid",
    tables=True,
    routes=(
        Routes(urls="praya.systems.openid.pages.urls"),
        Routes(urls="praya.systems.openid.desk.urls", below="desk"),
        Routes(urls="praya.systems.openid.pages.browser_urls", below="root"),
        Routes(
            urls="praya.systems.openid.pages.machine_urls", below="root", at="openid/",
            errors="praya.systems.openid.pages.endpoints:problem",
        ),
        Routes(
            urls="praya.systems.openid.pages.discovery_urls", below="root", at=".well-known/openid-configuration",
            headers=Headers(shared=True),
        ),
    ),
    roles=(Role(name="client-approver", label="openid.role_approver", of="system"),),
    entries=(
        MenuEntry(
            place="desk", name="clients", label="openid.clients", to="desk/clients", order=86,
            shows="praya.systems.openid.desk.access:registers",
        ),
        MenuEntry(place="me", name="consents", label="openid.consents", to="consents", order=60),
    ),
    parts="praya.systems.openid.parts:PARTS",
    folds="praya.systems.openid.api.logouts:FOLDS",
    settings="praya.kernel.posting:PostingSettings",
    checks=("praya.systems.openid.checks:credentials",),
    # By network: everybody behind the address of an office, and the servers of a department.
    rates={"openid_browser": "12000/minute", "openid_machine": "60000/minute"},
    forget=("praya.systems.openid.api.keys:forget",),
)  # fmt: skip
