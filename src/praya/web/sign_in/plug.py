"""Signing in and out, for residents and officers."""

from praya.kernel.plug import Plug, Routes

PLUG = Plug(
    name="sign_in",
    routes=(Routes(urls="praya.web.sign_in.urls"), Routes(urls="praya.web.sign_in.desk_urls", below="desk")),
    # By network: everybody of an office on a Monday morning, some of them three times.
    rates={"sign_in_code": "6000/hour", "sign_in_try": "30000/hour"},
)
