"""Signing in and out, for residents and officers."""

from praya.kernel.plug import Plug, Routes, Slot

PLUG = Plug(
    name="sign_in",
    routes=(Routes(urls="praya.web.sign_in.urls"), Routes(urls="praya.web.sign_in.desk_urls", below="desk")),
    # By network: a whole office on a Monday morning, some people three times.
    slots=(Slot(place="me", content="praya.web.sign_in.views:offer_desk", order=90),),
    rates={"sign_in_code": "6000/hour", "sign_in_try": "30000/hour"},
)
