"""What the block `identity` brings."""

from praya.kernel.plug import Plug
from praya.kernel.roles import Role

PLUG = Plug(
    name="identity",
    tables=True,
    parts="praya.blocks.identity.parts:PARTS",
    roles=(
        Role(name="officer", label="identity.role_officer"),
        Role(name="supervisor", label="identity.role_supervisor", includes=("officer",)),
    ),
)
