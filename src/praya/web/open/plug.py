"""Open data and statistics."""

from praya.kernel.plug import Entry, Plug, Routes

PLUG = Plug(
    name="open",
    routes=(Routes(urls="praya.web.open.urls", below="root", errors="json"),),
    entries=(
        Entry(place="footer", name="statistics", label="kit.foot_statistics", to="statistics", order=50),
        Entry(
            place="home", name="statistics", label="portal.figures_title", lead="portal.figures_lead", to="statistics",
            order=40,
        ),
        Entry(
            place="service", name="statistics", label="portal.figures_of", to="statistics/{service}", order=10
        ),
    ),
)  # fmt: skip
