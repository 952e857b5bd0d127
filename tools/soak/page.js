"use strict";
// Presses Start, and tells the server after each hundred steps how long they took and what memory the page knows of.
(() => {
  const programs = [];
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...args) => {
    programs.push(await instantiate.apply(WebAssembly, args));
    return programs.at(-1);
  };
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
    page: programs[0].instance.exports.mem.buffer.byteLength,
    engine: await engine(),
    stored: (await navigator.storage.estimate()).usage,
  });

  let milliseconds = [];
  addEventListener("reverie", async ({ detail }) => {
    const { kind, step, ms, message, tail } = JSON.parse(detail);
    switch (kind) {
      case "step": {
        milliseconds.push(ms);
        if (step % 100) return;
        const taken = milliseconds;
        milliseconds = [];
        tell("sample", { step, milliseconds: taken, ...(await measure()) });
        return;
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
