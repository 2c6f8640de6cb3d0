"""What the search brings: its page, suggestions, the OpenSearch description, the index and the worker's task for it."""

from praya.kernel.plug import PackFiles, Plug, Routes, Slot, Store

PLUG = Plug(
    name="search",
    routes=(Routes(urls="praya.systems.search.pages.urls"),),
    slots=(Slot(place="head", content="praya.systems.search.pages.views:description_link", order=20),),
    rates={"search": "1200/minute"},
    parts="praya.systems.search.parts:PARTS",
    stores=(Store(name="search", sentence="The index of the search.", made_again=True),),
    checks=("praya.systems.search.checks:index",),
    pack_files=(PackFiles(folder="search", read="praya.systems.search.vocabulary:read_file"),),
    forget=("praya.systems.search.api:forget",),
)
