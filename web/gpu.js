// The one part of the WebGPU binding that is not Go: it walks a plan's command list, so that a submission costs one call
// from WebAssembly instead of three per dispatch. Go keeps pipelines and bind groups here by their place in a table.
"use strict";
globalThis.reverieGPU = (() => {
  const table = [];
  const free = [];
  // Bytes that run takes and drops. Chromium keeps what a submission was encoded with in its GPU process until the worker's garbage is collected,
  // which it does by what the garbage takes in the worker: next to nothing, so that it grows by 1.4 MB per 1,000 submissions. With this much beside
  // each, garbage is collected after about a thousand. A fourth of it is not enough: so little goes by the quick way, which leaves the rest.
  const collected = 65536;
  return {
    keep(object) {
      const i = free.length ? free.pop() : table.length;
      table[i] = object;
      return i;
    },
    drop(i) {
      table[i] = undefined;
      free.push(i);
    },
    // words: pipeline, bind group, x, y, z per dispatch. ends: after which dispatch each submission ends.
    // copies: from, offset, to, offset, size, flat; they go with the last submission.
    run(device, words, ends, copies) {
      let i = 0;
      for (let s = 0; s < ends.length; s++) {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        let pipeline = -1;
        for (; i < ends[s]; i++) {
          const w = 5 * i;
          if (words[w] !== pipeline) {
            pipeline = words[w];
            pass.setPipeline(table[pipeline]);
          }
          pass.setBindGroup(0, table[words[w + 1]]);
          pass.dispatchWorkgroups(words[w + 2], words[w + 3], words[w + 4]);
        }
        pass.end();
        if (s === ends.length - 1) {
          for (let c = 0; c < copies.length; c += 5) {
            encoder.copyBufferToBuffer(copies[c], copies[c + 1], copies[c + 2], copies[c + 3], copies[c + 4]);
          }
        }
        device.queue.submit([encoder.finish()]);
        new ArrayBuffer(collected);
      }
    },
  };
})();
