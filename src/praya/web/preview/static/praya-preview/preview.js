/* Reload the preview after each save, and keep the input and the scroll position. Without this file, use "Reload". */
(() => {
  "use strict";
  const bar = document.querySelector(".pv");
  if (!bar) return;
  const key = `praya-preview:${location.pathname}`;
  const more = bar.querySelector("#pv-more");
  if (more) {
    more.checked = sessionStorage.getItem("praya-preview-tools") === "open";
    more.addEventListener("change", () => sessionStorage.setItem("praya-preview-tools", more.checked ? "open" : ""));
  }
  const fields = () => document.querySelectorAll("main form :is(input, select, textarea)[name]");

  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  if (kept) {
    const state = JSON.parse(kept);
    fields().forEach((field) => {
      if (!(field.name in state.typed) || field.type === "hidden" || field.type === "file") return;
      if (field.type === "checkbox" || field.type === "radio") field.checked = state.typed[field.name].includes(field.value);
      else field.value = state.typed[field.name][0] ?? field.value;
    });
    document.querySelectorAll(".pv details").forEach((part, index) => { part.open = part.open || state.open.includes(index); });
    scrollTo(0, state.at);
  }

  const reload = () => {
    const typed = {};
    fields().forEach((field) => {
      if (field.type === "hidden" || field.type === "file" || field.type === "password") return;
      typed[field.name] ??= [];
      if ((field.type !== "checkbox" && field.type !== "radio") || field.checked) typed[field.name].push(field.value);
    });
    const open = [...document.querySelectorAll(".pv details")].flatMap((part, index) => (part.open ? [index] : []));
    sessionStorage.setItem(key, JSON.stringify({ typed, open, at: scrollY }));
    location.replace(location.href.split("#")[0]);
  };

  const frame = document.querySelector("iframe[data-follow]");
  if (frame) {
    // When the frame opens another page, a reload shows that page.
    frame.addEventListener("load", () => {
      const at = frame.contentWindow.location;
      const here = new URL(location.href);
      if (!at.pathname.startsWith("/")) return;
      here.searchParams.set("path", at.pathname + at.search);
      history.replaceState(null, "", here);
    });
  }

  const follow = async () => {
    for (;;) {
      try {
        const answer = await fetch(`/preview/edition?than=${bar.dataset.edition}`, { cache: "no-store" });
        if (answer.ok && String((await answer.json()).edition) !== bar.dataset.edition) return reload();
      } catch {
        await new Promise((done) => setTimeout(done, 1000));
      }
    }
  };
  follow();
})();
