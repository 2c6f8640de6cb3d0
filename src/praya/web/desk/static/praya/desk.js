/* Keyboard shortcuts for officers. Pages work the same without this file, and everybody can switch the shortcuts off. */
(() => {
  "use strict";
  const KEPT = "praya-desk-keys";
  const hints = document.querySelector("[data-keys]");
  const button = document.querySelector("[data-keys-switch]");
  if (!hints || !button) return;
  let on = true;
  try { on = localStorage.getItem(KEPT) !== "off"; } catch { /* a browser that keeps nothing has them on */ }

  const show = () => {
    hints.hidden = !on;
    button.textContent = on ? button.dataset.off : button.dataset.on;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    on = !on;
    try { localStorage.setItem(KEPT, on ? "on" : "off"); } catch { /* until the next page, then */ }
    show();
  });
  show();

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const step = (by) => {
    const links = rows();
    if (!links.length) return;
    const at = links.indexOf(document.activeElement?.closest("tr, .stop")?.querySelector("[data-row]"));
    const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by));
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
  };
  const select = () => {
    const box = document.activeElement?.closest("tr")?.querySelector(".row-box");
    if (box) box.checked = !box.checked;
  };
  const up = () => {
    const links = document.querySelectorAll(".breadcrumbs a");
    if (links.length) links[links.length - 1].click();
  };

  document.addEventListener("keydown", (event) => {
    if (!on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "u") up();
    else if (event.key === "x") select();
    else {
      const keyed = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key === event.key);
      if (!keyed) return;
      // A shortcut focuses a button and never presses it, so that no slip of the hand decides a case.
      keyed.focus();
    }
    event.preventDefault();
  });
})();
