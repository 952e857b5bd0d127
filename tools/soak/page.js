"use strict";
// Presses Start, and tells the server after every so many steps how long they took and what memory the page knows of.
(() => {
  const every = Number(document.currentScript.dataset.every);
  let program;
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...args) => (program = await instantiate.apply(WebAssembly, args));
  const tell = (where, what) => fetch("soak/" + where, { method: "POST", body: JSON.stringify(what) });
  const engine = () =>
    new Promise((take) => {
      const channel = new BroadcastChannel("soak");
      channel.onmessage = ({ data }) => {
        channel.close();
        take(data);
      };
      channel.postMessage("how much?");
    });
  const measure = async () => ({
    heap: performance.memory?.usedJSHeapSize,
    page: program.exports.mem.buffer.byteLength,
    engine: await engine(),
    stored: (await navigator.storage.estimate()).usage,
  });

  let milliseconds = [];
  addEventListener("reverie", ({ detail }) => {
    const { kind, step, ms, message, tail } = JSON.parse(detail);
    switch (kind) {
      case "step": {
        milliseconds.push(ms);
        if (step % every) return;
        const taken = milliseconds;
        milliseconds = [];
        return measure().then(
          (memory) => tell("sample", { step, milliseconds: taken, ...memory }),
          (reason) => tell("end", `the memory cannot be told: ${reason}`),
        );
      }
      case "done":
        return tell("end", "");
      case "error":
      case "lost":
      case "exit":
        return tell("end", message || tail || kind);
    }
  });

  const pressing = setInterval(() => {
    const start = [...document.querySelectorAll("button")].find((button) => button.textContent.trim() === "Start");
    if (!start || start.disabled || start.ariaDisabled === "true") return;
    clearInterval(pressing);
    start.click();
  }, 200);
})();
