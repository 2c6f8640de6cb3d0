"""What the journey brings: its periodic jobs, and how entries say money."""

from praya.kernel.plug import Plug

PLUG = Plug(
    name="journey",
    parts="praya.journey.jobs:PARTS",
    fact_words="praya.journey.register_facts:money_words",
    forget=("praya.journey.load:make_cards", "praya.journey.load:forget"),
)
