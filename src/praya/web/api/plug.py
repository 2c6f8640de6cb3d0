"""The API for machines."""

from praya.kernel.plug import Plug, Routes

PLUG = Plug(
    name="api",
    routes=(Routes(urls="praya.web.api.urls", below="root", errors="json"),),
    operations=(
        "praya.web.api.services",
        "praya.web.api.applications",
        "praya.web.api.application_reading",
        "praya.web.api.bookings",
        "praya.web.api.public",
    ),
    scopes={
        "apply": "opening and checking applications for the department's services",
        "read": "reading the applications that the department owns or was asked about",
        "book": "booking places on behalf of people, and giving them back",
    },
    # By token; without one by network.
    rates={"api": "60000/minute"},
)
