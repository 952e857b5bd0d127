// ONNX Runtime Web on its WebGPU execution provider, which has no gradients. Pictures are [n, c, h, w], tokens [n, t, c].
import * as ort from "./node_modules/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs";
import { values, channelsFirst, channelsLast } from "./values.mjs";
import { model } from "./models.mjs";
import { Graph } from "./onnx.mjs";

export async function open() {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./node_modules/onnxruntime-web/dist/", import.meta.url).href;
  ort.env.logLevel = "error";
  return { prepare };
}

function ops(g, weights) {
  const one = (type, inputs, shape, attributes) => g.op(type, inputs, [shape], attributes)[0];
  const constants = {};
  const take = (name) => (constants[name] ??= g.float(values(weights[name]), weights[name].shape));
  const scalar = (v) => g.float([v], [1]);
  const reshape = (x, shape) => one("Reshape", [x, g.int64(shape)], shape);
  const transpose = (x, perm) => one("Transpose", [x], perm.map((i) => x.shape[i]), { perm });
  const matmul = (a, b) => one("MatMul", [a, b], [...a.shape.slice(0, -1), b.shape.at(-1)]);
  const mul = (a, b) => one("Mul", [a, b], a.shape);
  const add = (a, b) => one("Add", [a, b], a.shape);
  const attend = (q, kT, v) => {
    const scores = mul(matmul(q, kT), scalar(1 / Math.sqrt(q.shape.at(-1))));
    return matmul(one("Softmax", [scores], scores.shape, { axis: -1 }), v);
  };
  return {
    again: (x) => x,
    has: (name) => name in weights,
    add,
    linear(x, weight, bias) {
      // A constant's transposition is folded when the session is made.
      const y = matmul(x, transpose(take(weight), [1, 0]));
      return bias ? add(y, take(bias)) : y;
    },
    conv(x, weight, bias) {
      const [out, , k] = weights[weight].shape;
      const [n, , h, w] = x.shape;
      const pad = (k - 1) / 2;
      return one("Conv", [x, take(weight), ...(bias ? [take(bias)] : [])], [n, out, h, w], { kernel_shape: [k, k], pads: [pad, pad, pad, pad] });
    },
    attention(qkv, heads) {
      const [n, t, c] = qkv.shape;
      const d = c / 3 / heads;
      const split = transpose(reshape(qkv, [n, t, 3 * heads, d]), [0, 2, 1, 3]);
      const [q, k, v] = g.op("Split", [split, g.int64([heads, heads, heads])], Array(3).fill([n, heads, t, d]), { axis: 1 });
      return reshape(transpose(attend(q, transpose(k, [0, 1, 3, 2]), v), [0, 2, 1, 3]), [n, t, c / 3]);
    },
    attend(q, k, v) {
      const [n, c, h, w] = q.shape;
      const flat = (x) => reshape(x, [n, c, h * w]);
      const tokens = (x) => transpose(flat(x), [0, 2, 1]);
      return reshape(transpose(attend(tokens(q), flat(k), tokens(v)), [0, 2, 1]), [n, c, h, w]);
    },
    layerNorm: (x, name) => one("LayerNormalization", [x, take(name + ".weight"), take(name + ".bias")], x.shape, { axis: -1, epsilon: 1e-5 }),
    groupNorm(x, name) {
      const [n, c, h, w] = x.shape;
      const groups = reshape(x, [n, 32, (c / 32) * h * w]);
      const y = one("InstanceNormalization", [groups, g.float(Array(32).fill(1), [32]), g.float(Array(32).fill(0), [32])], groups.shape, { epsilon: 1e-6 });
      const column = (name) => g.float(values(weights[name]), [1, c, 1, 1]);
      return add(mul(reshape(y, x.shape), column(name + ".weight")), column(name + ".bias"));
    },
    swish: (x) => mul(x, one("Sigmoid", [x], x.shape)),
    quickGELU: (x) => mul(x, one("Sigmoid", [mul(x, scalar(1.702))], x.shape)),
    upsample(x) {
      const [n, c, h, w] = x.shape;
      const attributes = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
      return one("Resize", [x, null, g.float([1, 1, 2, 2], [4])], [n, c, 2 * h, 2 * w], attributes);
    },
  };
}

async function prepare(workload) {
  if (workload.direction !== "forward") return null;
  const picture = workload.kind === "conv" || workload.kind === "decoder";
  const [n, h, w, c] = workload.input.shape;
  const dims = picture ? [n, c, h, w] : [n, h * w, c];
  const g = new Graph();
  const input = { name: "input", shape: dims };
  const output = model(ops(g, Object.fromEntries(workload.weights.map((a) => [a.name, a]))), workload)(input);
  const session = await ort.InferenceSession.create(g.model(input, output), {
    executionProviders: ["webgpu"], preferredOutputLocation: "gpu-buffer", logSeverityLevel: 3,
  });
  const device = await ort.env.webgpu.device;
  const v = values(workload.input);
  const buffer = device.createBuffer({ size: 4 * v.length, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
  device.queue.writeBuffer(buffer, 0, picture ? channelsFirst(v, workload.input.shape) : v);
  const x = ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims });
  let result;
  return {
    async run() {
      result?.dispose();
      result = (await session.run({ input: x }))[output.name];
      await device.queue.onSubmittedWorkDone();
    },
    async output() {
      const y = await result.getData();
      return picture ? channelsLast(y, workload.output) : y;
    },
    async close() {
      result?.dispose();
      x.dispose();
      buffer.destroy();
      await session.release();
    },
  };
}
