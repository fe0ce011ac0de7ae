// Without this script a condition is added with the button beside the list; with it, by choosing.
(() => {
  "use strict";
  for (const form of document.querySelectorAll("[data-segment-builder]")) {
    for (const list of form.querySelectorAll("[data-adds]")) {
      const button = list.parentElement.querySelector("button");
      button.hidden = true;
      list.addEventListener("change", () => {
        if (list.value) form.requestSubmit(button);
      });
    }
  }
})();
