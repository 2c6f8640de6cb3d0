"""Takes the pictures of the README from a demonstration of its own: `.venv/bin/python docs/screenshots.py`.

Each is what a person sees, of invented people only, and smaller than 200 kB.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
INTO = ROOT / "docs" / "images"
LARGEST = 200_000
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PHONE = {"width": 390, "height": 760}
SCREEN = {"width": 1100, "height": 760}


def main() -> None:
    """Start a demonstration, take every picture, stop it."""
    INTO.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRAYA_", "DATABASE_URL"))}
        demo = subprocess.Popen(
            [sys.executable, "-m", "praya.project.cli", "demo", "--data", f"{folder}/var", "--port", str(port)],
            env=kept | {"PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            _wait(demo)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=CHROMIUM
                )
                _residents(browser, url)
                _officers(browser, url)
                browser.close()
        finally:
            demo.terminate()
            demo.wait(60)


def _wait(demo: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 180
    for line in demo.stdout or ():
        if line.startswith("Ctrl-C stops it"):
            return
        if time.monotonic() > until:
            break
    raise SystemExit("The demonstration did not start.")


def _residents(browser: Any, url: str) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(f"{url}/zh-hant/")
    _take(page, "home-phone")
    page.goto(f"{url}/zh-hant/services/vaccination-booking/apply")
    _sign_in(page, "Chan Tai Man")
    page.fill("[name=name-family]", "CHAN")
    page.fill("[name=name-given]", "Siu Fong")
    page.fill("[name=hkid]", "A123456(4)")
    page.fill("[name=birth_date-day]", "31")
    page.fill("[name=birth_date-month]", "2")
    page.fill("[name=birth_date-year]", "1985")
    page.locator("main form button").last.click()
    _take(page, "question")
    for name in ("Chan Tai Man", "Wong Siu Ming", "Lee Ka Yan", "Priya", "Cheung Mei Ling", "Ho Chi Keung"):
        page = browser.new_context(viewport=PHONE).new_page()
        page.goto(f"{url}/zh-hant/sign-in?next=/zh-hant/me")
        _sign_in(page, name)
        page.goto(f"{url}/zh-hant/me")
        addresses = [link.get_attribute("href") for link in page.locator("a[href*='/records/']").all()]
        if any(_valid_record(page, url + address) for address in addresses):
            _take(page, "record")
            break
    else:
        raise SystemExit("No invented person has a record that is valid today.")
    page = browser.new_context(viewport=SCREEN).new_page()
    page.goto(f"{url}/en/services/restaurant-licence")
    _take(page, "service")


def _valid_record(page: Any, address: str) -> bool:
    page.goto(address)
    return "已過期" not in page.locator("main").inner_text()


def _officers(browser: Any, url: str) -> None:
    page = browser.new_context(viewport=SCREEN).new_page()
    page.goto(f"{url}/en/desk/")
    _sign_in(page, "Ng Suk Fan")
    page.goto(f"{url}/en/desk/")
    _take(page, "desk")
    page.locator("main a[href*='/desk/cases/']").first.click()
    _take(page, "case")


def _sign_in(page: Any, name: str) -> None:
    page.locator(".card", has_text=name).locator("button").first.click()


def _take(page: Any, name: str) -> None:
    """One picture, in few colours: pages are flat, so nothing is seen to be missing."""
    page.wait_for_load_state("networkidle")
    path = INTO / f"{name}.png"
    page.screenshot(path=path)
    for colours in (256, 128, 64):
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            break
    else:
        raise SystemExit(f"{path.name} is larger than {LARGEST} bytes.")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} kB")  # noqa: T201


if __name__ == "__main__":
    main()
