"""The page of those who wait, and the folder with the queue."""

from praya.kernel.plug import Plug, Routes, Store

PLUG = Plug(
    name="waiting_room",
    routes=(Routes(urls="praya.web.waiting_room.urls"),),
    stores=(
        Store(name="waiting_room", sentence="Who waits for a service, by ticket, without names.", made_again=True),
    ),
)
