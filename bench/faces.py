"""Ten pages on a slow phone: bytes, requests, layout shift, and the time to the first paint, in Chromium.

The phone is 360 pixels wide, its processor four times slower than this machine, its network a slow 4G (1.6 Mbit/s down,
150 ms each way), its cache empty. The pages are those of the demonstration with the Hong Kong pack; whoever needs to
has signed in before. `ratio` is the largest page's bytes, with all that it loads, over 100 kB; `css_kb` is the style
sheet as it travels. The times depend on the machine, the bytes do not.
"""

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from tests.browser import demo as demonstrations
from tests.browser.test_pages import PREPARE, _as
from tests.conftest import CHROMIUM_ARGUMENTS, chromium_path

from bench.ground import report

LIMIT = 100_000
"""Bytes of a page with all that it loads."""
ROUNDS = 3
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True}
SLOW_NETWORK = {
    "offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8
}  # fmt: skip
TIMES = """() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0]
    return [paint ? paint.startTime : null, window.shifted || 0]
}"""
WATCH = """
new PerformanceObserver(list => {
    const moved = list.getEntries().filter(entry => !entry.hadRecentInput)
    window.shifted = moved.reduce((sum, entry) => sum + entry.value, window.shifted || 0)
}).observe({type: 'layout-shift', buffered: true})
"""


def chosen(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The ten pages: a name -> who opens it (empty: nobody has signed in), and its address."""

    def one(visitor: str, part: str) -> str:
        return str(next(path for path in found[visitor] if part in path))

    case = next(path for path in found["own"] if path.startswith("cases/") and path.count("/") == 1)
    return {
        "home": ("", "en/"),
        "home, Traditional Chinese": ("", "zh-hant/"),
        "a service": ("", "en/services/restaurant-licence"),
        "search": ("", "zh-hant/search?q=牌照"),
        "a register": ("", "en/" + one("open", "registers/")),
        "statistics": ("", "en/statistics/restaurant-licence"),
        "a page of questions": ("resident", "zh-hant/" + one("resident", "apply/")),
        "choosing a time": ("resident", "zh-hant/" + one("resident", "/book")),
        "my page": ("own", "en/me"),
        "a case": ("own", "zh-hant/" + case),
    }


def opened(browser: Any, url: str, cookies: list[Any]) -> dict[str, float]:
    """What one opening of a page costs a phone that has never been here."""
    context = browser.new_context(**PHONE)
    context.add_cookies(cookies)
    page = context.new_page()
    page.add_init_script(WATCH)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    answer = page.goto(url, wait_until="load")
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{url} answered {answer and answer.status}")
    page.wait_for_timeout(300)
    paint, shift = page.evaluate(TIMES)
    context.close()
    css = sum(size for request, size in sizes.items() if kinds.get(request) == "Stylesheet")
    return {
        "bytes": sum(sizes.values()), "requests": len(sizes), "css": css, "paint_ms": paint or 0.0, "shift": shift
    }  # fmt: skip


def main() -> None:
    """Measure each page, and print a table and the line of JSON."""
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = demonstrations.start(Path(folder) / "data")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        try:
            found = json.loads(demo.run(PREPARE).splitlines()[-1])
            signed_in = {
                visitor: _as(browser, demo, found["by"][visitor], desk=False).context.cookies()
                for visitor in ("resident", "own")
            }
            for name, (visitor, path) in chosen(found).items():
                rounds = [opened(browser, f"{demo.url}/{path}", signed_in.get(visitor, [])) for _ in range(ROUNDS)]
                results[name] = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
                print(name.ljust(28), {key: round(value, 3) for key, value in results[name].items()}, flush=True)
        finally:
            browser.close()
            demonstrations.stop(demo)
    worst = max(results, key=lambda name: results[name]["bytes"])
    report(
        "faces",
        ratio=round(results[worst]["bytes"] / LIMIT, 3),
        worst=worst,
        css_kb=round(max(one["css"] for one in results.values()) / 1000, 1),
        requests=int(max(one["requests"] for one in results.values())),
        paint_ms=round(max(one["paint_ms"] for one in results.values())),
        shift=round(max(one["shift"] for one in results.values()), 4),
    )


if __name__ == "__main__":
    main()
