"""What the OpenID provider brings."""

from praya.kernel.plug import Headers, MenuEntry, Plug, Routes

PLUG = Plug(
    name="openid",
    tables=True,
    routes=(
        Routes(urls="praya.systems.openid.pages.urls"),
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
    entries=(
        MenuEntry(place="me", name="consents", label="openid.consents", to="consents", order=60),
    ),
    # By network: everybody behind the address of an office, and the servers of a department.
    rates={"openid_browser": "12000/minute", "openid_machine": "60000/minute"},
    forget=("praya.systems.openid.api.keys:forget",),
)  # fmt: skip
