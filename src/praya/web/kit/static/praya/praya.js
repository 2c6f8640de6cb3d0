/* Praya: small conveniences. Every page works the same without this file. */
(() => {
  "use strict";
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

  // After errors, the focus moves to the summary of errors.
  const summary = document.querySelector("main [data-focus]");
  if (summary) summary.focus();

  // Pressing a button a second time on the same page sends nothing.
  each("form[data-once]", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 10000) event.preventDefault();
      else form.dataset.sent = String(Date.now());
    });
  });
  window.addEventListener("pageshow", () => each("form[data-once]", (form) => delete form.dataset.sent));

  // Input is stored with this entry of the browser's history: it is restored after Back, or when the
  // server could not be reached. A page that was saved since, or belongs to another person, is not changed.
  const typed = document.querySelector("form[data-typed]");
  if (typed) {
    const chosen = (field) => field.type === "radio" || field.type === "checkbox";
    const fields = [...typed.elements].filter((field) => field.name && (field.matches("select, textarea")
      || (field.matches("input") && !["hidden", "file", "submit", "image"].includes(field.type))));
    const made = (field) => chosen(field) ? field.defaultChecked
      : field.matches("select") ? [...field.options].findIndex((option) => option.defaultSelected) : field.defaultValue;
    const stands = (field) => chosen(field) ? field.checked : field.matches("select") ? field.selectedIndex : field.value;
    const served = JSON.stringify([typed.elements._form ? typed.elements._form.value : "", fields.map((f) => [f.name, made(f)])]);
    const before = history.state && history.state.typed;
    if (before && before.served === served) fields.forEach((field, index) => {
      if (chosen(field)) field.checked = before.values[index];
      else if (field.matches("select")) field.selectedIndex = before.values[index];
      else field.value = before.values[index];
      if (field.matches("textarea")) field.dispatchEvent(new Event("input"));
    });
    const keep = () => history.replaceState({ typed: { served, values: fields.map(stands) } }, "");
    let pause;
    typed.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(keep, 500); });
    typed.addEventListener("submit", keep);
    window.addEventListener("pagehide", keep);
  }

  // Typing keeps the session alive; without input, a warning shows five minutes before the session ends.
  const session = document.querySelector("[data-session-seconds]");
  if (session) {
    const early = 300000, until = document.querySelector(".session-end");
    let ends = Date.now() + 1000 * Number(session.dataset.sessionSeconds), asked = Date.now(), touched = 0, wait;
    const plan = () => {
      clearTimeout(wait);
      wait = setTimeout(() => { if (touched > asked) stay(); else session.hidden = false; }, Math.max(0, ends - early - Date.now()));
    };
    const stay = async () => {
      asked = Date.now();
      const answer = await fetch(session.dataset.sessionUrl).catch(() => null);
      if (answer && answer.ok) ends = Date.now() + 1000 * (await answer.json()).seconds;
      session.hidden = ends - early > Date.now();
      until.hidden = session.hidden;
      if (session.hidden) plan();
    };
    session.querySelector("button").addEventListener("click", stay);
    document.addEventListener("input", () => {
      touched = Date.now();
      if (!session.hidden && touched - asked > 10000) stay();
    });
    plan();
  }

  each("[data-copy]", (button) => {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) return;
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = button.dataset.copied;
      const status = button.nextElementSibling;
      if (status) status.textContent = button.dataset.copied;
      setTimeout(() => {
        button.textContent = words;
        if (status) status.textContent = "";
      }, 4000);
    });
  });

  each("[data-count]", (note) => {
    const box = document.getElementById(note.dataset.count);
    if (!box) return;
    const said = document.createElement("span");
    said.className = "vh";
    said.setAttribute("role", "status");
    note.after(said);
    let wait;
    const show = () => {
      const left = Number(note.dataset.limit) - [...box.value].length;
      note.textContent = (left < 0 ? note.dataset.over : note.dataset.left).replace("{n}", Math.abs(left));
      note.classList.toggle("count-over", left < 0);
      clearTimeout(wait);
      wait = setTimeout(() => { said.textContent = note.textContent; }, 1000);
    };
    box.addEventListener("input", show);
    if (box.value) show();
  });

  // A click on the map marks the point at once; without this file, the click is sent to the server.
  each("[data-map]", (map) => {
    const edge = (name) => Number(map.dataset[name]);
    const field = (part) => document.getElementById(`${map.dataset.map}-${part}`);
    const mark = map.querySelector("circle"), size = map.querySelector("svg").viewBox.baseVal;
    const draw = () => {
      const across = (Number(field("lon").value) - edge("west")) / (edge("east") - edge("west"));
      const down = (edge("north") - Number(field("lat").value)) / (edge("north") - edge("south"));
      const inside = field("lat").value && field("lon").value && across >= 0 && across <= 1 && down >= 0 && down <= 1;
      mark.setAttribute("cx", inside ? across * size.width : -40);
      mark.setAttribute("cy", inside ? down * size.height : -40);
    };
    map.querySelectorAll("input").forEach((picture) => picture.addEventListener("click", (event) => {
      event.preventDefault();
      if (!event.offsetX && !event.offsetY) return;
      const across = event.offsetX / picture.clientWidth, down = event.offsetY / picture.clientHeight;
      field("lat").value = (edge("north") - down * (edge("north") - edge("south"))).toFixed(5);
      field("lon").value = (edge("west") + across * (edge("east") - edge("west"))).toFixed(5);
      draw();
    }));
    ["lat", "lon"].forEach((part) => field(part).addEventListener("input", draw));
  });
})();
