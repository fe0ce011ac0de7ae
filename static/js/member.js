// Small comforts of the member pages. Every page works without them.
"use strict";

// The member code: ask for the next one when it is due; say so when the line is gone.
const shown = document.querySelector("[data-code]");
if (shown) {
  const status = document.querySelector("[data-code-status]");
  const fresh = status.textContent;
  const next = () => {
    const card = shown.querySelector("[data-refresh]");
    setTimeout(renew, 1000 * Math.max(1, Number(card.dataset.refresh)));
  };
  const renew = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "X-Part": "code" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      shown.innerHTML = await answer.text();
      shown.classList.remove("is-stale");
      status.textContent = fresh;
      next();
    } catch {
      shown.classList.add("is-stale");
      status.textContent = status.dataset.stale;
      setTimeout(renew, 5000);
    }
  };
  document.addEventListener("visibilitychange", () => document.hidden || renew());
  next();
}

// Province, city, district: each menu is filled by the one before.
const addressForm = document.querySelector("[data-divisions]");
if (addressForm) {
  const menus = [...addressForm.querySelectorAll("[data-level]")];
  const empty = (menu) => menu.replaceChildren(menu.options[0]);
  const settle = () => menus.forEach((menu) => { menu.hidden = menu.options.length < 2; });
  addressForm.querySelector("[data-fill]").hidden = true;
  menus.forEach((menu, level) => menu.addEventListener("change", async () => {
    menus.slice(level + 1).forEach(empty);
    if (menu.value && menus[level + 1]) {
      const address = addressForm.dataset.divisions.replace("000000", menu.value);
      const { below } = await (await fetch(address)).json();
      menus[level + 1].append(...below.map(([code, name]) => new Option(name, code)));
    }
    settle();
  }));
  settle();
}

document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
  });
});
