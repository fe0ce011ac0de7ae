// Shows how a wording reads with sample values while it is written. Without it, saving shows the same.
"use strict";
(() => {
  const url = document.currentScript.dataset.url;
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-preview]");
    const names = document.querySelector("[data-placeholders]");
    const form = box && document.querySelector("#messagetemplate_form");
    if (!form) return;
    const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });
    let waiting;
    const show = async () => {
      const data = new FormData();
      for (const name of ["csrfmiddlewaretoken", "about", "channel", "language", "subject", "body"]) {
        data.append(name, form.elements[name]?.value ?? "");
      }
      const answer = await fetch(url, { method: "POST", body: data, credentials: "same-origin" });
      const told = await answer.json().catch(() => ({}));
      box.classList.toggle("message-preview--wrong", !answer.ok);
      if (!answer.ok) {
        if (told.error) box.replaceChildren(element("p", told.error));
        return;
      }
      box.replaceChildren(element("strong", told.title), element("p", told.body));
      names?.replaceChildren(...told.placeholders.map((name) => element("code", name)));
    };
    const soon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(show, 300);
    };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    soon();
  });
})();
