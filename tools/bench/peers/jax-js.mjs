// jax-js: the workload is one jit of all its operations. Pictures are [n, c, h, w], tokens [n, t, c]. jax-js frees an array at its
// first use, and .ref makes it good for one more.
import * as jax from "./node_modules/@jax-js/jax/dist/index.js";
import { values, channelsFirst, channelsLast } from "./values.mjs";
import { model } from "./models.mjs";

const { numpy: np, nn, lax } = jax;

export async function open() {
  const devices = await jax.init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("jax-js finds no WebGPU");
  jax.defaultDevice("webgpu");
  return { prepare };
}

function ops(w) {
  const take = (name) => w[name].ref;
  const column = (name) => take(name).reshape([1, -1, 1, 1]);
  const standardise = (x, eps) => {
    const mean = np.mean(x.ref, -1, { keepdims: true });
    const d = x.sub(mean);
    const variance = np.mean(d.ref.mul(d.ref), -1, { keepdims: true });
    return d.div(np.sqrt(variance.add(eps)));
  };
  const attend = (q, k, v) => {
    const scale = 1 / Math.sqrt(q.shape.at(-1));
    const axes = [...q.shape.keys()];
    axes.push(...axes.splice(-2).reverse());
    return np.matmul(nn.softmax(np.matmul(q, np.transpose(k, axes)).mul(scale)), v);
  };
  return {
    again: (x) => x.ref,
    has: (name) => name in w,
    add: (a, b) => a.add(b),
    linear(x, weight, bias) {
      const y = np.matmul(x, np.transpose(take(weight)));
      return bias ? y.add(take(bias)) : y;
    },
    conv(x, weight, bias) {
      const pad = (w[weight].shape[2] - 1) / 2;
      const y = lax.convGeneralDilated(x, take(weight), [1, 1], [[pad, pad], [pad, pad]]);
      return bias ? y.add(column(bias)) : y;
    },
    attention(qkv, heads) {
      const [n, t, c] = qkv.shape;
      const [q, k, v] = np.split(np.transpose(qkv.reshape([n, t, 3 * heads, c / 3 / heads]), [0, 2, 1, 3]), 3, 1);
      return np.transpose(attend(q, k, v), [0, 2, 1, 3]).reshape([n, t, c / 3]);
    },
    attend(q, k, v) {
      const [n, c, h, w] = q.shape;
      const [a, b, d] = [q, k, v].map((x) => np.transpose(x.reshape([n, c, h * w]), [0, 2, 1]));
      return np.transpose(attend(a, b, d), [0, 2, 1]).reshape([n, c, h, w]);
    },
    layerNorm: (x, name) => standardise(x, 1e-5).mul(take(name + ".weight")).add(take(name + ".bias")),
    groupNorm(x, name) {
      const shape = x.shape;
      const y = standardise(x.reshape([shape[0], 32, -1]), 1e-6).reshape(shape);
      return y.mul(column(name + ".weight")).add(column(name + ".bias"));
    },
    swish: (x) => x.ref.mul(nn.sigmoid(x)),
    quickGELU: (x) => x.ref.mul(nn.sigmoid(x.mul(1.702))),
    upsample: (x) => np.repeat(np.repeat(x, 2, 2), 2, 3),
  };
}

function prepare(workload) {
  const picture = workload.kind === "conv" || workload.kind === "decoder";
  const put = (a) => {
    const [n, h, w, c] = a.shape;
    const v = values(a);
    return picture ? np.array(channelsFirst(v, a.shape), { shape: [n, c, h, w] }) : np.array(v, { shape: [n, h * w, c] });
  };
  const weights = {};
  for (const a of workload.weights) weights[a.name] = np.array(values(a), { shape: a.shape });
  const apply = (x, w) => model(ops(w), workload)(x);
  const x = put(workload.input);
  const forward = workload.direction === "forward";
  const dy = forward ? undefined : put(workload.gradient);
  const compiled = forward
    ? jax.jit(apply)
    : jax.jit((x, dy, w) => {
        const [y, pull] = jax.vjp((x) => apply(x, w), [x]);
        const [dx] = pull(dy);
        if (workload.direction === "both") return [dx, y];
        y.dispose();
        return [dx];
      });
  let result;
  return {
    async run() {
      for (const a of result ?? []) a.dispose();
      const w = jax.tree.ref(weights);
      result = forward ? [compiled(x.ref, w)] : compiled(x.ref, dy.ref, w);
      await jax.blockUntilReady(result);
    },
    async output() {
      const v = await result[0].ref.data();
      return picture ? channelsLast(v, forward ? workload.output : workload.input.shape) : v;
    },
    close() {
      for (const a of [x, ...(dy ? [dy] : []), ...(result ?? [])]) a.dispose();
      jax.tree.dispose(weights);
      compiled.dispose();
    },
  };
}
