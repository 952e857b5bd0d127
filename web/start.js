"use strict";
if (navigator.connection?.saveData) document.documentElement.classList.add("still"); // app.css plays no film then
// Before any program is asked for: where the browser cannot run Reverie, the page says why, and nothing more is fetched. Elsewhere the engine's worker starts
// while the page's program is still on its way, so that both come at the same time. app/ui takes the worker over, with what it has said until then.
// The browser's offer to install the page may come before any program runs: app/ui makes it when there is a picture.
addEventListener("beforeinstallprompt", (event) => { globalThis.reverieInstall = event; });
if (isSecureContext && navigator.gpu) {
  const base = document.currentScript.src;
  // go-app asks for its program only when two scripts have come: this saves a tenth of a first visit over a slow line.
  document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "fetch", crossOrigin: "anonymous", href: new URL("app.wasm", base) }));
  const worker = new Worker(new URL("worker.js", base));
  const said = [];
  worker.onmessage = worker.onerror = (event) => said.push(event);
  globalThis.reverieEngine = { worker, said };
} else {
  addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("unable");
    for (const scrolls of document.querySelectorAll(".panel, .chips")) scrolls.tabIndex = 0; // nothing in them takes the focus
    const why = document.getElementById(isSecureContext ? "no-webgpu" : "insecure");
    why.hidden = false;
    document.getElementById("status").textContent = why.querySelector("h2").textContent + ".";
  });
}
