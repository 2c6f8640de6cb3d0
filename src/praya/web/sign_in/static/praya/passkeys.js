/* Passkeys: the browser's answer goes into a form. Without this script, people sign in with a code by e-mail. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return;
  const purpose = form.dataset.passkey, failed = form.querySelector("[data-failed]");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const asked = async () => {
    const sent = new URLSearchParams({
      csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, for: purpose,
    });
    const answer = await fetch(form.dataset.options, { method: "POST", body: sent });
    if (!answer.ok) throw new Error(String(answer.status));
    const key = await answer.json();
    key.challenge = bytes(key.challenge);
    if (key.user) key.user.id = bytes(key.user.id);
    for (const list of [key.allowCredentials, key.excludeCredentials])
      if (list) list.forEach((one) => { one.id = bytes(one.id); });
    return key;
  };
  const send = (credential) => {
    const of = credential.response;
    const response = { clientDataJSON: text(of.clientDataJSON) };
    if (of.attestationObject) response.attestationObject = text(of.attestationObject);
    else {
      response.authenticatorData = text(of.authenticatorData);
      response.signature = text(of.signature);
      if (of.userHandle) response.userHandle = text(of.userHandle);
    }
    form.elements.answer.value = JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      clientExtensionResults: {},
    });
    form.submit();
  };

  // While the page waits, the browser offers passkeys in the field of the address, where it can.
  let waiting = null;
  const offer = async () => {
    if (purpose !== "sign_in" || !PublicKeyCredential.isConditionalMediationAvailable
      || !await PublicKeyCredential.isConditionalMediationAvailable()) return;
    const mine = waiting = new AbortController();
    const again = setTimeout(() => { mine.abort(); offer(); }, 8 * 60 * 1000);
    try {
      const publicKey = await asked();
      if (mine === waiting) send(await navigator.credentials.get({ publicKey, mediation: "conditional", signal: mine.signal }));
    } catch (_) { /* nobody chose one */ }
    if (mine !== waiting) clearTimeout(again);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (waiting) waiting.abort();
    waiting = null;
    failed.hidden = true;
    try {
      const publicKey = await asked();
      send(await navigator.credentials[purpose === "add" ? "create" : "get"]({ publicKey }));
    } catch (_) {
      failed.hidden = false;
      failed.focus();
    }
  });
  form.hidden = false;
  document.querySelectorAll("[data-no-passkey]").forEach((hint) => { hint.hidden = true; });
  offer();
})();
