"use strict";
// What a visit begins with, before any program: who sees the page first sees its picture, then its program answers, and what computes comes last.
const spare = navigator.connection?.saveData;
if (spare) document.documentElement.classList.add("still"); // app.css plays no film then
// The browser's offer to install the page may come before any program runs: app/ui makes it when there is a picture.
addEventListener("beforeinstallprompt", (event) => { globalThis.reverieInstall = event; });
// The page's picture is there, and drawn, or it takes too long: a page that opens in the background draws nothing.
const painted = new Promise((done) => {
  addEventListener("load", () => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, 1000);
  });
});
// The browser draws and answers between what comes before and what comes after.
const turn = () => new Promise((done) => { setTimeout(done); });
// The recorded run moves once nothing waits for the line that it takes.
const move = () => document.documentElement.classList.add("moving");

if (isSecureContext && navigator.gpu) {
  const base = document.currentScript.src;
  const status = (id) => { document.getElementById("status").textContent = document.getElementById(id).textContent; };
  // In the first visit of somebody who has come to look, the engine, the model that it fetches and what is kept for use without a network, 20 times as much
  // as the page's own program, wait for the first sign of a person, or until the page has rested, where no traffic is to be spared: on a telephone they would
  // take the line and the processor from what is looked at. Whoever comes again has everything here, and who follows a link or shares something has said what it is for: nothing waits.
  const known = navigator.serviceWorker?.controller || location.hash.length > 1 || location.search.includes("shared");
  const rest = 2000;
  const signs = ["pointerdown", "pointermove", "keydown", "wheel", "scroll", "dragenter", "paste"];
  let wake;
  const wanted = new Promise((done) => { wake = done; });
  for (const sign of signs) addEventListener(sign, wake, { capture: true, passive: true, once: true });
  const page = known ? Promise.resolve() : painted;
  if (known) wake();

  // go-app asks for its program only when two scripts have come, and hands it on byte by byte: a tenth of a visit over a slow line. Here the browser compiles
  // it as it comes, and may keep what it has compiled. How many bytes have come is only told in a first visit, which waits for them.
  const program = page.then(() => fetch(new URL("app.wasm", base))).then((answer) => {
    if (!known && answer.ok) count(answer.clone().body.getReader()).catch(() => {}); // whoever runs it hears of it
    return WebAssembly.compileStreaming(answer);
  });
  program.catch(() => {});
  let come = 0;
  let tell = () => {};
  const count = async (reader) => {
    for (let part; !(part = await reader.read()).done; tell(come)) come += part.value.byteLength;
  };

  // The engine's worker starts while the page's program is still on its way, where it is wanted by then. app/ui takes the worker over, with what it has said.
  let settled;
  const engine = () => {
    const worker = new Worker(new URL("worker.js", base));
    const said = [];
    worker.onmessage = worker.onerror = (event) => said.push(event);
    globalThis.reverieEngine = { worker, said };
    const spoken = new AbortController();
    const hear = (event) => {
      if (event.data?.text?.includes('"kind":"beat"')) return;
      spoken.abort();
      settled();
    };
    for (const kind of ["message", "error"]) worker.addEventListener(kind, hear, { signal: spoken.signal });
  };
  // What is kept for use without a network is fetched once the engine has spoken, so that it does not take its line.
  const quiet = new Promise((done) => { settled = done; });
  if (known) engine(); // at once, and not when a promise gets its turn
  else wanted.then(engine);

  // What a person does before the page's program listens is not lost: app/ui takes it from here.
  const early = {};
  const listening = new AbortController();
  const listen = (kind, hear) => addEventListener(kind, hear, { signal: listening.signal });
  listen("input", (event) => { if (event.target.id === "prompt") early.typed = event.target.value; });
  listen("keydown", (event) => {
    if (event.target.id !== "prompt" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    early.start = true;
    status("early-press");
  });
  listen("pointerup", ({ clientX: x, clientY: y }) => { // nothing is pressed on what is disabled
    const hit = ({ left, right, top, bottom }) => left <= x && x <= right && top <= y && y <= bottom;
    const pressed = (what) => [...document.querySelectorAll(what)].findIndex((e) => hit(e.getBoundingClientRect()));
    const example = pressed(".example");
    if (example >= 0) early.example = example;
    else if (pressed("button.primary") >= 0) early.start = true;
    else return;
    status("early-press");
  });
  listen("dragover", (event) => event.preventDefault());
  listen("drop", (event) => {
    event.preventDefault();
    early.file = event.dataTransfer.files[0];
    early.text = event.dataTransfer.getData("text/plain");
    status("early-drop");
  });

  // For go-app's script, which site's gated edits, and for app/ui.
  globalThis.reverieStart = {
    wanted, wake,
    // instance is the page's program, to be run, once it is compiled. It calls hear with the number of bytes that have come.
    async instance(imports, hear) {
      tell = hear;
      const compiled = await program;
      await turn();
      const instance = await WebAssembly.instantiate(compiled, imports);
      await turn();
      return { instance };
    },
    kept: known ? page : quiet,
    // The page's program listens now. It gets what was done before.
    live() {
      listening.abort();
      move();
      if (!spare) setTimeout(wake, rest);
      return early;
    },
  };
} else {
  painted.then(move);
  const why = isSecureContext ? "no-webgpu" : "insecure";
  document.documentElement.classList.add("unable", why); // before anything is drawn, which would give way to it
  addEventListener("DOMContentLoaded", () => {
    for (const scrolls of document.querySelectorAll(".panel, .chips")) scrolls.tabIndex = 0; // nothing in them takes the focus
    document.getElementById("status").textContent = document.getElementById(why).querySelector("h2").textContent + ".";
  });
}
