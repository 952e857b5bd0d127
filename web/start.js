"use strict";
// Starts the engine's worker while the page's program is still on its way, so that both come at the same time. app/ui takes the worker
// over, with what it has said until then.
if (isSecureContext && navigator.gpu) {
  const worker = new Worker(new URL("worker.js", document.currentScript.src));
  const said = [];
  worker.onmessage = worker.onerror = (event) => said.push(event);
  globalThis.reverieEngine = { worker, said };
}
