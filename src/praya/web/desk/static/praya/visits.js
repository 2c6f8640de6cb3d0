/* Visits without a network. The same file is a script of every page of the desk and, at `desk/visits/worker.js`, the
   service worker: it keeps the forms that could not be sent, and shows the pages that were taken along. Pages work the
   same without it, with a network. */
(() => {
  "use strict";
  const CACHE = "praya-visits", LIFE = 2 * 24 * 3600 * 1000;
  const old = (at) => Date.now() - at > LIFE;
  const RECORD = /^\/[^/]+\/desk\/cases\/([^/]+)\/record\/[^/]+$/, ROUND = /^\/[^/]+\/desk\/visits$/;
  // Buttons that change a form on the server and do not carry the action out.
  const BUTTONS = ["upload", "remove", "_add", "_remove", "_rows", "_find", "work-out", "_language"];

  // What is kept: `forms` that wait, were sent or were refused, and under `kept` whose pages were taken, and when.
  const opened = () => new Promise((resolve, reject) => {
    const asked = indexedDB.open(CACHE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("forms", { keyPath: "key" });
      asked.result.createObjectStore("kept", { keyPath: "key" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const stored = async (store, mode, act) => {
    const base = await opened();
    try {
      return await new Promise((resolve, reject) => {
        const change = base.transaction(store, mode), asked = act(change.objectStore(store));
        change.oncomplete = () => resolve(asked.result);
        change.onerror = change.onabort = () => reject(change.error);
      });
    } finally { base.close(); }
  };
  const forms = () => stored("forms", "readonly", (store) => store.getAll());
  const put = (form) => stored("forms", "readwrite", (store) => store.put(form));
  const drop = (key) => stored("forms", "readwrite", (store) => store.delete(key));
  const taken = () => stored("kept", "readonly", (store) => store.get("now"));
  const dropPages = async () => {
    await caches.delete(CACHE);
    await stored("kept", "readwrite", (store) => store.clear());
  };
  const expire = async () => {
    for (const form of await forms()) if (old(form.at)) await drop(form.key);
    const now = await taken();
    if (now && old(now.at)) await dropPages();
  };
  // A page is kept by its path and its day; what else is in its address only says what was done.
  const keyOf = (address) => {
    const url = new URL(address), day = url.searchParams.get("day");
    return `${url.origin}${url.pathname}${day ? `?day=${day}` : ""}`;
  };

  if (typeof ServiceWorkerGlobalScope !== "undefined" && self instanceof ServiceWorkerGlobalScope) {
    const shown = async (request) => {
      try { return await fetch(request); } catch {
        await expire();
        return await caches.match(request.mode === "navigate" ? keyOf(request.url) : request.url, { cacheName: CACHE })
          || Response.error();
      }
    };
    const sent = async (event) => {
      const copy = event.request.clone();
      try { return await fetch(event.request); } catch {
        const form = await copy.formData(), url = new URL(event.request.url);
        const client = event.clientId && await self.clients.get(event.clientId);
        if (BUTTONS.some((name) => form.has(name))) {
          if (client) client.postMessage("network");
          return new Response(null, { status: 204 });
        }
        const fields = [];
        for (const [name, value] of form) {
          if (typeof value === "string") fields.push([name, value]);
          else if (value.size) fields.push([name, new Blob([await value.arrayBuffer()], { type: value.type }), value.name]);
        }
        const now = await taken(), address = keyOf(url.href);
        await put({
          key: form.get("once") || url.href, url: `${url.pathname}${url.search}`, at: Date.now(), state: "waiting", why: [],
          whose: String(form.get("_form") || "").split(":")[0], ref: RECORD.exec(url.pathname)[1],
          label: (now && now.labels[address]) || "", fields,
        });
        const day = url.searchParams.get("day");
        return Response.redirect(`${url.origin}/${url.pathname.split("/")[1]}/desk/visits${day ? `?day=${day}` : ""}`, 303);
      }
    };
    self.addEventListener("install", () => self.skipWaiting());
    self.addEventListener("activate", (event) => event.waitUntil(Promise.all([self.clients.claim(), expire()])));
    self.addEventListener("fetch", (event) => {
      const { request } = event, { origin, pathname } = new URL(request.url);
      if (origin !== self.location.origin) return;
      if (request.mode === "navigate" && request.method === "POST" && RECORD.test(pathname)) event.respondWith(sent(event));
      else if (request.method === "GET" && (request.mode !== "navigate" ? /^(style|script|image|font)$/.test(request.destination)
        : RECORD.test(pathname) || ROUND.test(pathname))) event.respondWith(shown(request));
    });
    return;
  }

  const words = document.currentScript.dataset;
  const desk = `/${location.pathname.split("/")[1]}/desk`;
  const section = document.querySelector("[data-phone]"), status = document.querySelector("[data-phone-status]");
  const say = (text) => { if (status) status.textContent = text; };
  let waiting = 0;

  // Whoever is signed in, and a token for their forms; null without a network, or when nobody is signed in.
  const asked = async (query = "") => {
    const answer = await fetch(`${desk}/visits/phone${query}`).catch(() => null);
    if (!answer) return null;
    if (answer.ok && !answer.redirected) return answer.json();
    if (answer.redirected && status) say(status.dataset.signedOut);
    return null;
  };
  const body = (form, token) => {
    const data = new FormData();
    for (const [name, value, file] of form.fields) {
      if (name === "csrfmiddlewaretoken") data.append(name, token);
      else if (file === undefined) data.append(name, value);
      else data.append(name, value, file);
    }
    return data;
  };
  const send = async (form, token) => {
    const answer = await fetch(form.url, { method: "POST", body: body(form, token) }).catch(() => null);
    if (!answer || answer.status >= 500 || [403, 408, 429].includes(answer.status)) return false;
    const to = new URL(answer.url);
    if (answer.redirected) {
      if (!to.searchParams.has("done")) return false;
      // Nothing of what was answered stays: only that it was sent.
      await put({ ...form, state: "sent", fields: [], why: [] });
      const cache = await caches.open(CACHE);
      for (const request of await cache.keys()) if (request.url.includes(`/desk/cases/${form.ref}/`)) await cache.delete(request);
      return true;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const told = [...page.querySelectorAll("main .error-summary li, main .banner-body p")];
    const said = (told.length ? told : [...page.querySelectorAll("main h1")]).map((part) => part.textContent.trim());
    await put({ ...form, state: "refused", why: said });
    return true;
  };
  const keepDay = async () => {
    const now = await taken();
    if (!now) return;
    const answer = await fetch(now.page).catch(() => null);
    if (answer && answer.ok && !answer.redirected) await (await caches.open(CACHE)).put(keyOf(answer.url), answer);
  };
  const sendAll = async () => {
    await expire();
    const all = await forms(), now = await taken();
    if (!all.length && !now) return;
    const known = await asked();
    if (known) {
      for (const form of all) if (!known.whose.includes(form.whose)) await drop(form.key);
      if (now && !known.whose.includes(now.whose)) await dropPages();
      let some = false;
      for (const form of all) {
        if (form.state !== "waiting" || !known.whose.includes(form.whose)) continue;
        if (!await send(form, known.token)) break;
        some = true;
      }
      if (some) await keepDay();
    }
    await show();
  };
  // Two open pages do not send the same form at the same time. If they did, its key would make it count once.
  const alone = () => navigator.locks ? navigator.locks.request(CACHE, sendAll) : sendAll();
  let busy = false, anew = false;
  const sendNow = async () => {
    anew = true;
    if (busy) return;
    busy = true;
    try { while (anew) { anew = false; await alone(); } } finally { busy = false; }
  };

  const show = async () => {
    const all = (await forms()).sort((a, b) => a.at - b.at);
    waiting = all.filter((form) => form.state === "waiting").length;
    if (!section) return;
    const list = section.querySelector("[data-phone-list]"), entry = document.querySelector("[data-phone-entry]").content;
    list.replaceChildren(...all.map((form) => {
      const row = entry.cloneNode(true), link = row.querySelector("a"), tag = row.querySelector("[data-state]");
      link.href = `${desk}/cases/${form.ref}`;
      link.textContent = form.ref;
      row.querySelector("[data-label]").textContent = form.label;
      tag.textContent = section.dataset[form.state];
      tag.classList.add({ waiting: "tag-waiting", sent: "tag-good", refused: "tag-bad" }[form.state]);
      const why = row.querySelector("[data-why]");
      why.hidden = !form.why.length;
      why.append(...form.why.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
      row.querySelectorAll("[data-ref]").forEach((part) => { part.textContent = ` ${form.ref}`; });
      row.querySelector(".phone-go").hidden = form.state === "waiting";
      const again = row.querySelector("[data-again]");
      again.hidden = form.state !== "refused";
      again.addEventListener("click", () => openAgain(form));
      row.querySelector("[data-discard]").addEventListener("click", async () => { await drop(form.key); await show(); });
      return row;
    }));
    section.hidden = !all.length;
  };
  // What was refused is sent as a form of this page: the server shows it with its errors and everything typed.
  const openAgain = async (form) => {
    const known = await asked();
    if (!known || !known.whose.includes(form.whose)) return;
    const made = Object.assign(document.createElement("form"), { method: "post", action: form.url, enctype: "multipart/form-data", hidden: true });
    for (const [name, value, file] of form.fields) {
      const field = Object.assign(document.createElement("input"), { name, type: file === undefined ? "hidden" : "file" });
      if (file === undefined) field.value = name === "csrfmiddlewaretoken" ? known.token : value;
      else {
        const carried = new DataTransfer();
        carried.items.add(new File([value], file, { type: value.type }));
        field.files = carried.files;
      }
      made.append(field);
    }
    document.body.append(made);
    made.submit();
  };

  const take = async () => {
    say(status.dataset.taking);
    try {
      await navigator.serviceWorker.register(`${desk}/visits/worker.js`, { scope: `${desk}/` });
      await navigator.serviceWorker.ready;
      const known = await asked("?keep");
      if (!known) throw new Error("nobody is signed in");
      await dropPages();
      const cache = await caches.open(CACHE), labels = {};
      const links = [...document.querySelectorAll("[data-record]")];
      for (const link of links) labels[keyOf(link.href)] = link.firstChild.textContent.trim();
      const statics = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")].map((one) => one.href || one.src);
      for (const address of [location.href, ...links.map((link) => link.href), ...statics]) {
        const answer = await fetch(address);
        if (!answer.ok || answer.redirected) throw new Error("not kept");
        await cache.put(statics.includes(address) ? address : keyOf(address), answer);
      }
      const bare = new URL(location.href);
      bare.search = "";
      await cache.put(bare.href, await cache.match(keyOf(location.href)));
      await stored("kept", "readwrite", (store) => store.put({ key: "now", whose: known.whose[0], at: Date.now(), page: location.href, labels }));
      say(status.dataset.taken);
    } catch { say(status.dataset.notTaken); }
  };

  // The visits of one time in the order of a short way from where the officer stands: as `journey/routes.py` does it.
  const far = (one, other) => {
    const rad = (degrees) => degrees * Math.PI / 180;
    const half = Math.sin(rad(other.lat - one.lat) / 2) ** 2
      + Math.cos(rad(one.lat)) * Math.cos(rad(other.lat)) * Math.sin(rad(other.lon - one.lon) / 2) ** 2;
    return Math.asin(Math.min(1, Math.sqrt(half)));
  };
  const near = (from) => {
    const stops = [...document.querySelectorAll(".stop")].map((row) => {
      const { lat, lon, district } = row.dataset;
      return { row, district, lat: lat && Number(lat), lon: lon && Number(lon) };
    });
    for (const stop of stops) if (stop.lat === "" && stop.district) {
      const known = stops.filter((one) => one.district === stop.district && one.row.dataset.lat !== "");
      if (known.length) for (const part of ["lat", "lon"]) stop[part] = known.reduce((sum, one) => sum + one[part], 0) / known.length;
    }
    const between = (one, other) => one.lat !== "" && other.lat !== "" ? far(one, other)
      : one.district && one.district === other.district ? 0 : Infinity;
    let here = { ...from, district: "" };
    document.querySelectorAll("[data-stops]").forEach((list) => {
      const left = stops.filter((stop) => stop.row.parentElement === list);
      while (left.length) {
        here = left.reduce((best, one) => between(here, one) < between(here, best) ? one : best);
        left.splice(left.indexOf(here), 1);
        list.append(here.row);
      }
    });
  };

  const able = "serviceWorker" in navigator && window.isSecureContext && "indexedDB" in window && "caches" in window;
  const offer = document.querySelector("[data-take]");
  if (offer) {
    offer.hidden = false;
    const button = offer.querySelector("[data-take-button]");
    if (button && able) button.addEventListener("click", take);
    else if (button) button.hidden = true;
    const nearest = offer.querySelector("[data-near]");
    nearest.hidden = !navigator.geolocation;
    nearest.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
      ({ coords }) => near({ lat: coords.latitude, lon: coords.longitude }),
      () => say(status.dataset.noPosition), { maximumAge: 60000, timeout: 15000 }));
  }
  // Where nothing was taken along, no page of the desk looks for what waits.
  if (!able || !(section || navigator.serviceWorker.controller)) return;
  navigator.serviceWorker.addEventListener("message", () => {
    const note = document.querySelector("[data-needs-network]") || document.createElement("p");
    note.className = "error";
    note.dataset.needsNetwork = "";
    note.setAttribute("role", "alert");
    note.textContent = words.network;
    document.querySelector("main h1").after(note);
    document.querySelectorAll("form[data-once]").forEach((form) => delete form.dataset.sent);
    note.scrollIntoView({ block: "nearest" });
  });
  const kept = document.querySelector("[data-kept-page]");
  const online = () => { if (kept) kept.hidden = navigator.onLine; };
  window.addEventListener("online", () => { online(); sendNow(); });
  window.addEventListener("offline", online);
  // A weak network that comes and goes is not always told.
  setInterval(() => { if (waiting) sendNow(); }, 60000);
  document.querySelectorAll("form.sign-out").forEach((form) => form.addEventListener("submit", (event) => {
    if (waiting && !window.confirm(words.unsent)) event.preventDefault();
  }));
  online();
  show().then(sendNow);
})();
