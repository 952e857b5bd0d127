"use strict";
// Starts app.wasm, whose Go main sees that there is no document and runs the engine (app/worker).

// Messages that come before Go listens wait here; Go takes them over.
globalThis.reverieInbox = [];
onmessage = (event) => globalThis.reverieInbox.push(event.data);

importScripts("../wasm_exec.js", "./gpu.js");

// Without this a Go panic in a worker is silent: keep the last of what the program printed, and tell the page when it ends.
let tail = "";
const decoder = new TextDecoder();
const writeSync = globalThis.fs.writeSync;
globalThis.fs.writeSync = function (fd, bytes) {
  tail = (tail + decoder.decode(bytes)).slice(-4000);
  return writeSync.call(this, fd, bytes);
};
const exit = (code) => postMessage({ text: JSON.stringify({ kind: "exit", code, tail }) });

const go = new Go();
go.exit = exit;
WebAssembly.instantiateStreaming(fetch("./app.wasm"), go.importObject)
  .then((program) => go.run(program.instance))
  .catch((error) => {
    tail += error;
    exit(1);
  });
