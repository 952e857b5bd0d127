// Writes ONNX models: the few messages of onnx.proto that a graph of float32 operations needs.

// A protobuf message is a list of fields [number, value]: a whole number becomes a varint, a Float32Array of one number its four bytes,
// text and bytes become what they are, a list a message inside.
function message(fields) {
  const parts = [];
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      parts.push(varint(number << 3), varint(value));
      continue;
    }
    if (value instanceof Float32Array) {
      parts.push(varint((number << 3) | 5), bytes(value));
      continue;
    }
    const body = typeof value === "string" ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : message(value);
    parts.push(varint((number << 3) | 2), varint(body.length), body);
  }
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

function varint(v) {
  let rest = BigInt.asUintN(64, BigInt(v));
  const bytes = [];
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const FLOAT = 1, INT64 = 7; // TensorProto.DataType
const bytes = (v) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength);

function attribute(name, value) {
  if (typeof value === "string") return [[1, name], [4, value], [20, 3]];
  if (typeof value === "number") {
    return Number.isInteger(value) ? [[1, name], [3, value], [20, 2]] : [[1, name], [2, Float32Array.of(value)], [20, 1]];
  }
  return [[1, name], ...value.map((v) => [8, v]), [20, 7]];
}

const valueInfo = (name, shape) => [[1, name], [2, [[1, [[1, FLOAT], [2, shape.map((d) => [1, [[1, d]]])]]]]]];

// Graph collects nodes. A value is { name, shape }.
export class Graph {
  #nodes = [];
  #initializers = [];
  #names = 0;

  #name = () => `v${this.#names++}`;

  // float is a constant of numbers.
  float(v, shape) {
    const name = this.#name();
    this.#initializers.push([...shape.map((d) => [1, d]), [2, FLOAT], [8, name], [9, bytes(Float32Array.from(v))]]);
    return { name, shape };
  }

  // int64 is a vector of whole numbers.
  int64(v) {
    const name = this.#name();
    this.#initializers.push([[1, v.length], [2, INT64], [8, name], [9, bytes(BigInt64Array.from(v, BigInt))]]);
    return { name, shape: [v.length] };
  }

  // op appends a node and returns its outputs, whose shapes the caller knows.
  op(type, inputs, shapes, attributes = {}) {
    const outputs = shapes.map((shape) => ({ name: this.#name(), shape }));
    this.#nodes.push([
      ...inputs.map((x) => [1, x?.name ?? ""]), ...outputs.map((y) => [2, y.name]), [4, type],
      ...Object.entries(attributes).map(([name, value]) => [5, attribute(name, value)]),
    ]);
    return outputs;
  }

  // model is the file's bytes, for the graph from input to output. Opset 17 brought LayerNormalization.
  model(input, output) {
    const graph = [
      ...this.#nodes.map((n) => [1, n]), [2, "workload"], ...this.#initializers.map((t) => [5, t]),
      [11, valueInfo(input.name, input.shape)], [12, valueInfo(output.name, output.shape)],
    ];
    return message([[1, 8], [7, graph], [8, [[1, ""], [2, 17]]]]);
  }
}
