// What a coupon means, said anew while its form is filled in. Without this script the sentences
// are those of what was saved.
(() => {
  "use strict";
  const { url } = document.currentScript.dataset;
  const start = () => {
    const shown = document.querySelector("[data-coupon-sentences]");
    const form = shown && shown.closest("form");
    if (!form) return;
    let timer = 0;
    let asked = 0;
    const say = async () => {
      const number = ++asked;
      try {
        const answer = await fetch(url, { method: "POST", body: new FormData(form), credentials: "same-origin" });
        if (!answer.ok || number !== asked) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        shown.replaceChildren(...page.querySelector("[data-coupon-sentences]").childNodes);
      } catch {
        // The form works without it.
      }
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(say, 300);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
