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

// What is left of a time: the page said it right when it was made, here it ticks on.
const clocks = [...document.querySelectorAll("[data-countdown]")];
if (clocks.length) {
  const rows = clocks.map((clock) => ({
    clock,
    until: Date.parse(clock.dateTime),
    words: JSON.parse(clock.dataset.words),
  }));
  const fill = (text, first, second) => text.replace("{0}", first).replace("{1}", second);
  const tick = () => rows.forEach(({ clock, until, words }) => {
    const seconds = Math.floor((until - Date.now()) / 1000);
    const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
    const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
    if (seconds <= 0) clock.textContent = words[3];
    else if (days) clock.textContent = fill(words[0], days, hours);
    else if (hours) clock.textContent = fill(words[1], hours, minutes);
    else clock.textContent = fill(words[2], minutes, rest);
  });
  setInterval(tick, 1000);
  tick();
}

// An order: another choice shows its price at once, and one order is sent once.
const order = document.querySelector("form[data-once]");
if (order) {
  const look = order.querySelector("[data-look-button]");
  look.hidden = true;
  order.addEventListener("change", (event) => {
    if (event.target.matches("[data-look]") && order.checkValidity()) order.requestSubmit(look);
  });
  order.addEventListener("submit", (event) => {
    if (order.dataset.sent) return event.preventDefault();
    order.dataset.sent = "1";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => delete order.dataset.sent);
}
