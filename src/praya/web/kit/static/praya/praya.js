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

  // Questions that follow from an answer appear at once; without this file they come after "Save and continue".
  each("form[data-reveal]", (form) => {
    let last = 0;
    const boxes = (within) => [...within.querySelectorAll("[data-asked]")];
    const named = (within, name) => boxes(within).find((box) => box.dataset.asked === name);
    form.addEventListener("change", async (event) => {
      if (event.target.matches("input[type=file]")) return;
      const turn = last = last + 1, sent = new FormData(form);
      form.querySelectorAll("input[type=file]").forEach((field) => sent.delete(field.name));
      sent.set(form.dataset.reveal, "1");
      const answer = await fetch(form.action || location.href, { method: "POST", body: sent, redirect: "error" }).catch(() => null);
      if (!answer || !answer.ok || turn !== last) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const there = page.querySelector("form[data-reveal]");
      if (!there || turn !== last) return;
      const names = new Set(boxes(there).map((box) => box.dataset.asked));
      boxes(form).forEach((box) => { if (!names.has(box.dataset.asked)) box.remove(); });
      let before = null;
      boxes(there).forEach((box) => {
        const here = named(form, box.dataset.asked);
        if (here) { before = here; return; }
        const siblings = [...box.parentElement.children].filter((one) => one.dataset.asked);
        const after = siblings.slice(siblings.indexOf(box) + 1).map((one) => named(form, one.dataset.asked)).find(Boolean);
        const made = document.importNode(box, true);
        if (after) after.before(made);
        else if (before) before.after(made);
        before = made;
      });
    });
  });

  // Files are measured before they are sent, and a bar shows how far they are.
  const told = (field, words) => {
    const id = `${field.id}-measured`;
    let note = document.getElementById(id);
    if (!note) {
      note = document.createElement("p");
      note.id = id;
      note.className = "error";
      note.setAttribute("role", "alert");
      field.closest(".file-row").before(note);
    }
    note.textContent = words;
    note.hidden = !words;
    field.setAttribute("aria-invalid", String(Boolean(words)));
  };
  const fits = (field) => {
    const mega = 1048576, most = Number(field.dataset.mb), files = [...field.files];
    const large = files.find((file) => file.size > most * mega);
    let words = "";
    if (files.length > Number(field.dataset.files)) words = field.dataset.tooMany.replace("{n}", field.dataset.files);
    else if (large) words = field.dataset.tooLarge.replace("{name}", large.name).replace("{size}", (large.size / mega).toFixed(1));
    told(field, words);
    return !words;
  };
  each("input[type=file][data-mb]", (field) => field.addEventListener("change", () => fits(field)));
  each("form[data-upload]", (form) => form.addEventListener("submit", (event) => {
    // A service worker keeps forms for when there is a network, and sees only what the browser itself sends.
    if (navigator.serviceWorker && navigator.serviceWorker.controller) return;
    const fields = [...form.querySelectorAll("input[type=file]")].filter((field) => field.files.length);
    if (event.defaultPrevented || !fields.length) return;
    event.preventDefault();
    delete form.dataset.sent;
    const wrong = fields.filter((field) => field.dataset.mb && !fits(field));
    if (wrong.length) { wrong[0].focus(); return; }
    const bar = form.querySelector(".upload-bar") || document.createElement("div");
    bar.className = "upload-bar";
    bar.innerHTML = '<p role="status"></p><progress max="100" value="0"></progress>';
    bar.firstChild.textContent = form.dataset.upload;
    bar.lastChild.setAttribute("aria-label", form.dataset.upload);
    fields[0].closest(".field").append(bar);
    const request = new XMLHttpRequest(), sent = new FormData(form, event.submitter);
    request.upload.addEventListener("progress", (step) => { bar.lastChild.value = 100 * step.loaded / step.total; });
    request.addEventListener("error", () => { bar.innerHTML = ""; told(fields[0], form.dataset.failed); });
    request.addEventListener("load", () => {
      const [went, here] = [request.responseURL, location.href].map((url) => url.split("#")[0]);
      if (went !== here) { location.assign(request.responseURL); return; }
      document.open();
      document.write(request.responseText);
      document.close();
    });
    request.open("POST", form.action || location.href);
    request.send(sent);
  }));

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
