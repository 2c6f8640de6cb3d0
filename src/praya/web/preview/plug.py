"""The bar of a preview. Its addresses are served in a preview only (`praya.project.preview_urls`)."""

from praya.kernel.plug import Plug

PLUG = Plug(name="preview")
