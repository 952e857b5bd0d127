"use strict";
// Runs the program in Node.js with Dawn's WebGPU as navigator.gpu. Vulkan's own variables (VK_DRIVER_FILES) choose the driver.
const vm = require("node:vm");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const url = process.argv[2];

async function main() {
  let webgpu;
  try {
    webgpu = await import(require.resolve("webgpu", { paths: [process.cwd(), ...(process.env.NODE_PATH ?? "").split(":")] }));
  } catch (e) {
    return crash('the node host needs the npm package webgpu: run "npm install webgpu" somewhere and set NODE_PATH to its node_modules (' + e.message.split("\n")[0] + ")");
  }
  Object.assign(globalThis, webgpu.globals);
  // Browsers take views of shared memory here, Dawn under node (webgpu 0.6.2) refuses them as an invalid argument.
  const { writeBuffer } = GPUQueue.prototype;
  GPUQueue.prototype.writeBuffer = function (buffer, at, data, ...range) {
    const shared = ArrayBuffer.isView(data) && data.buffer instanceof SharedArrayBuffer;
    return writeBuffer.call(this, buffer, at, shared ? data.slice() : data, ...range);
  };
  const navigator = { gpu: webgpu.create([]), userAgent: "Node.js/" + process.versions.node, platform: process.platform };
  if ((await navigator.gpu.requestAdapter())?.info.isFallbackAdapter) askRarely();
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  Object.defineProperty(globalThis, "location", { value: new URL(url), configurable: true });
  const nodeFetch = globalThis.fetch;
  globalThis.fetch = (resource, options) => nodeFetch(typeof resource === "string" ? new URL(resource, url) : resource, options);
  globalThis.require = require;
  globalThis.fs = require("node:fs");
  globalThis.path = path;
  for (const name of ["wasm_exec.js", "gpu.js"]) {
    vm.runInThisContext(await (await fetch("/jsexec/" + name)).text(), { filename: name });
  }
  const start = await (await fetch("/jsexec/start.json")).json();
  globalThis.importModule = (resource) => {
    for (const [prefix, folder] of Object.entries(start.folders)) {
      if (resource.startsWith(prefix)) return import(pathToFileURL(path.join(folder, resource.slice(prefix.length))));
    }
    return Promise.reject(new Error("no served folder holds the module " + resource));
  };
  const go = new Go();
  go.argv = start.argv;
  go.env = start.env;
  // Dawn keeps node's event loop alive, and the program's output is already written when exit is called.
  go.exit = (code) => {
    for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer); // a program that ended must not be woken
    fetch("/jsexec/exit", { method: "POST", body: String(code) });
  };
  const program = await (await fetch("/jsexec/program.wasm")).arrayBuffer();
  await go.run((await WebAssembly.instantiate(program, go.importObject)).instance);
}

// While the device works, Dawn (webgpu 0.6.2) asks it over and over whether it is done, by setImmediate. That takes a core, which a device
// that computes on the processor needs itself: where there are two, a kernel takes up to twice as long.
function askRarely() {
  globalThis.setImmediate = (callback, ...args) => setTimeout(callback, 1, ...args);
}

function crash(message) {
  return fetch(new URL("/jsexec/crash", url), { method: "POST", body: String(message) });
}

main().catch((e) => crash(e.stack ?? e));
