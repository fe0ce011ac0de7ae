// The rule builder without this script is a long form that works; with it, only what is asked
// for is shown, the preview follows what is typed, and lists are filled by pressing.
(() => {
  "use strict";

  const words = (text) => (text || "").split(" ").filter(Boolean);
  const filled = (box) =>
    [...box.querySelectorAll("input, select, textarea")].some((one) => {
      if (one.closest(".rb-negation") || one.type === "hidden" || one.type === "search") return false;
      return one.type === "checkbox" ? one.checked : one.value.trim() !== "";
    });

  function relevance(form) {
    const value = (name) => (form.elements[name] ? form.elements[name].value : "");
    const trigger = value("trigger");
    const effect = value("effect");
    for (const box of form.querySelectorAll("[data-effects], [data-triggers], [data-asks]")) {
      let shown = true;
      if (box.dataset.effects) shown = words(box.dataset.effects).includes(effect);
      if (shown && box.dataset.triggers) {
        // A condition that is filled in stays in sight: it is refused with a reason, not dropped.
        shown = words(box.dataset.triggers).includes(trigger)
          || (box.classList.contains("rb-block") && filled(box));
      }
      if (shown && box.dataset.asks) {
        const [name, of] = box.dataset.asks.split(":");
        shown = words(of).includes(value(name));
      }
      box.hidden = !shown;
    }
    for (const section of form.querySelectorAll(".rb-section")) {
      const boxes = [...section.querySelectorAll(":scope > .rb-body > .rb-block, :scope > .rb-body > .rb-plain")];
      if (!section.dataset.effects && boxes.length) section.hidden = boxes.every((one) => one.hidden);
    }
  }

  function marks(form) {
    for (const block of form.querySelectorAll(".rb-block")) {
      const isSet = filled(block);
      block.classList.toggle("is-set", isSet);
      const word = block.querySelector(".rb-any");
      if (word) word.textContent = isSet ? form.dataset.set : form.dataset.any;
    }
  }

  function rows(list) {
    const all = [...list.querySelectorAll(":scope > [data-row]")];
    const prefix = list.dataset.rows;
    const total = document.querySelector(`input[name="${prefix}-TOTAL_FORMS"]`);
    if (!total || !all.length || list.closest("fieldset[disabled]")) return;
    const blank = all[all.length - 1].cloneNode(true);
    const has = (row) => [...row.querySelectorAll("input:not([type=hidden]), textarea")].some((one) => one.value.trim() !== "");
    let spare = 0;
    for (const row of all) {
      if (!has(row) && !row.querySelector(".rb-error")) {
        row.hidden = prefix === "lines" ? spare > 0 : true;
        spare += 1;
      }
    }
    const more = document.createElement("button");
    more.type = "button";
    more.className = "rb-more";
    more.textContent = list.dataset.more;
    more.addEventListener("click", () => {
      let next = [...list.querySelectorAll(":scope > [data-row]")].find((row) => row.hidden);
      if (!next) {
        next = blank.cloneNode(true);
        const number = Number(total.value);
        for (const one of next.querySelectorAll("[name], [id], [for]")) {
          for (const key of ["name", "id", "for"]) {
            const text = one.getAttribute(key);
            if (text) one.setAttribute(key, text.replace(/-\d+-/, `-${number}-`));
          }
        }
        total.value = number + 1;
        list.append(next);
      }
      next.hidden = false;
      const first = next.querySelector("input:not([type=hidden]), select");
      if (first) first.focus();
    });
    list.after(more);
  }

  function longLists(form) {
    for (const pick of form.querySelectorAll(".rb-pick:not(.rb-columns)")) {
      const labels = [...pick.querySelectorAll("label")];
      if (labels.length < 12) continue;
      const box = document.createElement("input");
      box.type = "search";
      box.className = "rb-filter";
      box.setAttribute("aria-label", pick.querySelector("legend").textContent);
      box.placeholder = "🔍";
      box.addEventListener("input", (event) => {
        event.stopPropagation();
        const text = box.value.trim().toLowerCase();
        for (const label of labels) {
          label.parentElement.hidden = !!text && !label.textContent.toLowerCase().includes(text)
            && !label.querySelector("input").checked;
        }
      });
      pick.querySelector("legend").after(box);
    }
  }

  const quoted = (value) => (/[,，、;；\n"]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  function suggestions(form) {
    for (const button of form.querySelectorAll("[data-add]")) {
      button.addEventListener("click", () => {
        const box = button.closest(".rb-inner").querySelector("[data-list]");
        const value = quoted(button.dataset.add);
        if (box.value.split(/[,，、;；\n]/).map((one) => one.trim()).includes(value)) return;
        box.value = box.value.trim() ? `${box.value.trim().replace(/[,，]$/, "")}, ${value}` : value;
        box.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
  }

  function later(call, wait) {
    let timer;
    return (...given) => {
      clearTimeout(timer);
      timer = setTimeout(() => call(...given), wait);
    };
  }

  // Articles by the beginning of their number, or a part of their name.
  function articles(form) {
    const url = form.dataset.articlesUrl;
    const ask = later(async (box, isList) => {
      const text = (isList ? box.value.split(/[,，、;；\n]/).pop() : box.value).trim();
      box.parentElement.querySelectorAll(".rb-found").forEach((one) => one.remove());
      if (!text || box !== document.activeElement) return;
      const answer = await fetch(`${url}?q=${encodeURIComponent(text)}`, { credentials: "same-origin" });
      if (!answer.ok) return;
      const found = (await answer.json()).articles.filter((one) => one.sku !== text);
      if (!found.length) return;
      const list = document.createElement("div");
      list.className = "rb-found";
      for (const one of found) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = `${one.sku}  ${one.name}`;
        button.addEventListener("click", () => {
          const before = isList ? box.value.slice(0, box.value.length - text.length) : "";
          box.value = before + quoted(one.sku);
          list.remove();
          box.focus();
          box.dispatchEvent(new Event("change", { bubbles: true }));
        });
        list.append(button);
      }
      box.parentElement.querySelectorAll(".rb-found").forEach((one) => one.remove());
      box.after(list);
    }, 250);
    form.addEventListener("input", (event) => {
      const box = event.target;
      if (box.name === "c_sku_in") ask(box, true);
      else if (box.dataset && box.dataset.article) ask(box, false);
    });
  }

  function preview(form) {
    const place = form.querySelector("[data-preview]");
    const button = form.querySelector(".rb-preview-button");
    if (!place || !button) return;
    button.hidden = true;
    let asked = 0;
    const refresh = later(async () => {
      const mine = (asked += 1);
      try {
        const answer = await fetch(form.dataset.previewUrl, {
          method: "POST", body: new FormData(form), credentials: "same-origin",
        });
        if (answer.ok && mine === asked) place.innerHTML = await answer.text();
        else if (!answer.ok) button.hidden = false;
      } catch {
        button.hidden = false; // no network: the button sends the form as ever
      }
    }, 350);
    form.addEventListener("input", refresh);
    form.addEventListener("change", refresh);
  }

  for (const form of document.querySelectorAll("[data-rule-builder], [data-basket]")) {
    form.querySelectorAll("[data-rows]").forEach(rows);
    longLists(form);
    articles(form);
    if ("ruleBuilder" in form.dataset) {
      suggestions(form);
      preview(form);
      const follow = () => { relevance(form); marks(form); };
      form.addEventListener("input", follow);
      form.addEventListener("change", follow);
      follow();
    }
  }
})();
