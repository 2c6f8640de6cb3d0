"""Communities: a tab of the desk for whoever has a role in one."""

from praya.kernel.plug import MenuEntry, Plug, Routes

PLUG = Plug(
    name="communities",
    routes=(Routes(urls="praya.web.communities.urls", below="desk"),),
    entries=(
        MenuEntry(
            place="desk",
            name="communities",
            label="communities.title",
            to="desk/communities",
            order=85,
            shows="praya.web.communities.access:is_member",
        ),
    ),
)
