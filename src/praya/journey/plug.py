"""What the journey brings: its periodic jobs."""

from praya.kernel.plug import Plug

PLUG = Plug(
    name="journey",
    parts="praya.journey.jobs:PARTS",
    forget=("praya.journey.load:make_cards", "praya.journey.load:forget"),
)
