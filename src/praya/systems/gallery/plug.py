"""What the gallery brings: one page, at `/kit` and in each language."""

from praya.kernel.plug import MenuEntry, Plug, Routes

PLUG = Plug(
    name="gallery",
    routes=(
        Routes(urls="praya.systems.gallery.pages.urls"),
        Routes(urls="praya.systems.gallery.pages.urls", below="root"),
    ),
    entries=(MenuEntry(place="demo", name="gallery", label="gallery.title", to="kit", order=40),),
)
