// Moves the bar of a back-test under way, and shows the report when it is there.
(() => {
  const card = document.querySelector("[data-progress]");
  if (!card) return;
  const put = (name, value) => {
    card.querySelector(`[data-${name}]`).textContent = value === null ? "…" : value.toLocaleString();
  };
  const look = async () => {
    try {
      const answer = await fetch(card.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const run = await answer.json();
      if (!run.open) return location.reload();
      card.querySelector("progress").value = run.percent;
      for (const name of ["percent", "done", "total"]) put(name, run[name]);
      setTimeout(look, 1000);
    } catch {
      setTimeout(look, 5000); // the server is away for a moment; the run goes on without us
    }
  };
  setTimeout(look, 1000);
})();
