// TensorFlow.js on its WebGPU backend, eagerly, as it works. Pictures are [n, h, w, c], tokens [n, t, c].
import { values } from "./values.mjs";
import { model } from "./models.mjs";

// The published bundles are scripts that share the global tf; as modules they would each bring a core of their own.
async function script(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} is missing: run make bench-peers`);
  (0, eval)(await answer.text());
}

let tf;

export async function open() {
  const modules = "/peers/node_modules/@tensorflow/";
  await script(modules + "tfjs/dist/tf.min.js");
  await script(modules + "tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js");
  tf = globalThis.tf;
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js cannot start its WebGPU backend");
  await tf.ready();
  return { prepare };
}

function ops(w) {
  const biased = (y, bias) => (bias ? tf.add(y, w[bias]) : y);
  const scaled = (x, name) => tf.add(tf.mul(x, w[name + ".weight"]), w[name + ".bias"]);
  const standardise = (x, axes, eps) => {
    const { mean, variance } = tf.moments(x, axes, true);
    return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, eps)));
  };
  const attend = (q, k, v) => {
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape.at(-1)));
    return tf.matMul(tf.softmax(scores), v);
  };
  return {
    again: (x) => x,
    has: (name) => name in w,
    add: (a, b) => tf.add(a, b),
    linear(x, weight, bias) {
      const [n, t, c] = x.shape;
      const y = tf.matMul(tf.reshape(x, [n * t, c]), w[weight], false, true);
      return biased(tf.reshape(y, [n, t, y.shape[1]]), bias);
    },
    conv: (x, weight, bias) => biased(tf.conv2d(x, w[weight], 1, "same"), bias),
    attention(qkv, heads) {
      const [n, t, c] = qkv.shape;
      const [q, k, v] = tf
        .split(tf.reshape(qkv, [n, t, 3, heads, c / 3 / heads]), 3, 2)
        .map((x) => tf.transpose(tf.reshape(x, [n, t, heads, c / 3 / heads]), [0, 2, 1, 3]));
      return tf.reshape(tf.transpose(attend(q, k, v), [0, 2, 1, 3]), [n, t, c / 3]);
    },
    attend(q, k, v) {
      const [n, h, w, c] = q.shape;
      const [a, b, d] = [q, k, v].map((x) => tf.reshape(x, [n, h * w, c]));
      return tf.reshape(attend(a, b, d), [n, h, w, c]);
    },
    layerNorm: (x, name) => scaled(standardise(x, [2], 1e-5), name),
    groupNorm(x, name) {
      const [n, h, w, c] = x.shape;
      return scaled(tf.reshape(standardise(tf.reshape(x, [n, h * w, 32, c / 32]), [1, 3], 1e-6), x.shape), name);
    },
    swish: (x) => tf.mul(x, tf.sigmoid(x)),
    quickGELU: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
    upsample: (x) => tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]),
  };
}

// A convolution's weight is [out, in, k, k] in PyTorch and [k, k, in, out] here.
const arrange = (a) => {
  const x = tf.tensor(values(a), a.shape);
  return a.shape.length === 4 ? tf.transpose(x, [2, 3, 1, 0]) : x;
};

function prepare(workload) {
  const picture = workload.kind === "conv" || workload.kind === "decoder";
  const put = (a) => tf.tensor(values(a), picture ? a.shape : [a.shape[0], a.shape[1] * a.shape[2], a.shape[3]]);
  const weights = {};
  for (const a of workload.weights) weights[a.name] = tf.tidy(() => arrange(a));
  const x = put(workload.input);
  const dy = workload.direction === "forward" ? undefined : put(workload.gradient);
  const apply = model(ops(weights), workload);
  const compute = {
    forward: () => apply(x),
    both: () => tf.grad(apply)(x, dy),
    gradient: () => tf.conv2dTranspose(dy, weights.weight, x.shape, 1, "same"), // the kernel behind conv2d's own input gradient
  }[workload.direction];
  let result;
  return {
    async run() {
      result?.dispose();
      result = tf.tidy(compute);
      const backend = tf.backend();
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.submitQueue();
      await backend.device.queue.onSubmittedWorkDone();
    },
    output: () => result.data(),
    close() {
      tf.dispose([weights, x, dy, result].filter((t) => t));
    },
  };
}
