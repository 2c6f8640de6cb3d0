"""Signing in and out, for residents and officers."""

from praya.kernel.plug import MenuEntry, Plug, Routes, Slot

PLUG = Plug(
    name="sign_in",
    routes=(Routes(urls="praya.web.sign_in.urls"), Routes(urls="praya.web.sign_in.desk_urls", below="desk")),
    # By network: a whole office on a Monday morning, some people three times.
    slots=(Slot(place="me", content="praya.web.sign_in.views:offer_desk", order=90),),
    entries=(
        MenuEntry(place="me", name="passkeys", label="identity.passkeys_title", to="passkeys", order=80),
        MenuEntry(place="me", name="identity", label="identity.prove_title", to="identity", order=81),
        MenuEntry(
            place="desk",
            name="identity",
            label="identity.prove_desk",
            to="desk/identity",
            order=97,
            shows="praya.web.sign_in.proofs:departments_of",
        ),
    ),
    rates={"counter_code": "60/hour", "sign_in_code": "6000/hour", "sign_in_try": "30000/hour"},
)
