// Seeded numbers, the same in every engine: see values in ../seeded.go, which this must agree with to the bit.
export function values({ shape, seed, scale, offset }) {
  const v = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < v.length; i++) {
    let h = i ^ Math.imul(seed, 0x9e3779b9);
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    h = (h ^ (h >>> 16)) >>> 0;
    v[i] = Math.fround(((h >>> 8) / 8388608 - 1) * scale) + offset;
  }
  return v;
}

// channelsFirst and channelsLast reorder a picture [n, h, w, c] for engines that want [n, c, h, w].
export const channelsFirst = (v, [n, h, w, c]) => reorder(v, n, h * w, c);
export const channelsLast = (v, [n, h, w, c]) => reorder(v, n, c, h * w);

function reorder(v, n, rows, columns) {
  const out = new Float32Array(v.length);
  for (let i = 0; i < n; i++) {
    const at = i * rows * columns;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) out[at + c * rows + r] = v[at + r * columns + c];
    }
  }
  return out;
}
