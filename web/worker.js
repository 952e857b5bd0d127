"use strict";
// Starts the engine (app/engine), or the program that the worker is named after: what a service worker serves has lost all behind its path. The
// program's download begins before the scripts', which are waited for.
const program = fetch(`./${name || "engine"}.wasm`).then((answer) => {
  if (!answer.ok) throw new TypeError(`HTTP status ${answer.status}`);
  return answer;
});

// Messages that come before Go listens wait here; Go takes them over.
globalThis.reverieInbox = [];
onmessage = (event) => globalThis.reverieInbox.push(event.data);

importScripts("../wasm_exec.js", "./gpu.js");

// Without this a Go panic in a worker is silent: keep the last of what the program printed, and tell the page when it ends. Go says first why it
// ends and then, at length, where all goroutines are: what it says first is kept.
let tail = "";
const most = 4000;
const decoder = new TextDecoder();
const writeSync = globalThis.fs.writeSync;
globalThis.fs.writeSync = function (fd, bytes) {
  tail += decoder.decode(bytes);
  const why = tail.search(/^(fatal error|panic):/m);
  const from = why < 0 ? tail.length - most : why - most / 4;
  tail = tail.slice(Math.max(0, from), Math.max(0, from) + most);
  return writeSync.call(this, fd, bytes);
};
const tell = (message) => postMessage({ text: JSON.stringify(message) });
const exit = (code) => {
  clearInterval(beating);
  tell({ kind: "exit", code, tail });
};
// The page replaces a worker that falls silent. This beat needs the event loop and nothing else: a worker that waits for the network or for the
// GPU beats on, and one that computes for seconds without a pause does not.
const beating = setInterval(() => tell({ kind: "beat" }), 1000);
const fail = (error) => {
  tail += error;
  exit(1);
};

const go = new Go();
go.exit = exit;
program
  .then((answer) => WebAssembly.instantiateStreaming(answer, go.importObject))
  .then(
    (built) => go.run(built.instance).catch(fail),
    // What is no WebAssembly is another error than what does not come.
    (error) => (error instanceof TypeError ? tell({ kind: "error", reason: "no-engine", message: `${error}` }) : fail(error)),
  );
