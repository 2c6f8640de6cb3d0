/* Praya: small comforts. Every page works the same without this file. */
(() => {
  "use strict";
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

  // A person who sent a page with errors hears of them first.
  const summary = document.querySelector("main [data-focus]");
  if (summary) summary.focus();

  // A second press of a button within a page's life sends nothing.
  each("form[data-once]", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 10000) event.preventDefault();
      else form.dataset.sent = String(Date.now());
    });
  });
  window.addEventListener("pageshow", () => each("form[data-once]", (form) => delete form.dataset.sent));

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

  // On a map a press marks the point at once; without this file it is sent and comes back.
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
