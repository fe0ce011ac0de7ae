// The counter's page: read a member's code with the camera where the browser can; typing works always.
"use strict";

const form = document.querySelector("[data-scan]");
if (form && "BarcodeDetector" in window && navigator.mediaDevices) {
  const video = form.querySelector("[data-scan-video]");
  const start = form.querySelector("[data-scan-start]");
  const code = form.querySelector("[name=code]");
  start.hidden = false;
  start.addEventListener("click", async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const detector = new BarcodeDetector({ formats: ["qr_code", "code_128"] });
    start.hidden = true;
    video.classList.remove("hidden");
    video.srcObject = stream;
    await video.play();
    const look = async () => {
      const [found] = await detector.detect(video).catch(() => []);
      if (!found) return setTimeout(look, 150);
      stream.getTracks().forEach((track) => track.stop());
      code.value = found.rawValue;
      form.requestSubmit();
    };
    look();
  });
}
