// What a workload computes, over the operations o of an engine. A tensor is used once; o.again(x) is x for one more use.
export function model(o, workload) {
  switch (workload.kind) {
    case "linear":
      return (x) => o.linear(x, "weight");
    case "conv":
      return (x) => o.conv(x, "weight");
    case "attention":
      return (x) => o.attention(x, workload.heads);
    case "block":
      return (x) => block(o, workload.prefix, workload.heads, x);
    case "decoder":
      return (x) => decoder(o, workload.vqgan, x);
  }
  throw new Error(`no workload of kind ${workload.kind}`);
}

// block is CLIP's residual attention block: x + attention(ln_1 x), then x + mlp(ln_2 x).
function block(o, p, heads, x) {
  const qkv = o.linear(o.layerNorm(o.again(x), p + "ln_1"), p + "attn.in_proj_weight", p + "attn.in_proj_bias");
  x = o.add(x, o.linear(o.attention(qkv, heads), p + "attn.out_proj.weight", p + "attn.out_proj.bias"));
  const h = o.linear(o.layerNorm(o.again(x), p + "ln_2"), p + "mlp.c_fc.weight", p + "mlp.c_fc.bias");
  return o.add(x, o.linear(o.quickGELU(h), p + "mlp.c_proj.weight", p + "mlp.c_proj.bias"));
}

const conv = (o, x, name) => o.conv(x, name + ".weight", name + ".bias");
const normSwish = (o, x, name) => o.swish(o.groupNorm(x, name));

// decoder is taming-transformers' Decoder behind post_quant_conv.
function decoder(o, config, x) {
  const levels = config.ch_mult.length;
  x = conv(o, conv(o, x, "post_quant_conv"), "decoder.conv_in");
  x = residual(o, x, "decoder.mid.block_1");
  x = spatialAttention(o, x, "decoder.mid.attn_1");
  x = residual(o, x, "decoder.mid.block_2");
  for (let level = levels - 1; level >= 0; level--) {
    const name = `decoder.up.${level}`;
    for (let i = 0; i <= config.num_res_blocks; i++) {
      x = residual(o, x, `${name}.block.${i}`);
      if (config.attn_resolutions.includes(config.resolution >> level)) x = spatialAttention(o, x, `${name}.attn.${i}`);
    }
    if (level > 0) x = conv(o, o.upsample(x), `${name}.upsample.conv`);
  }
  return conv(o, normSwish(o, x, "decoder.norm_out"), "decoder.conv_out");
}

function residual(o, x, name) {
  let h = conv(o, normSwish(o, o.again(x), name + ".norm1"), name + ".conv1");
  h = conv(o, normSwish(o, h, name + ".norm2"), name + ".conv2");
  return o.add(o.has(name + ".nin_shortcut.weight") ? conv(o, x, name + ".nin_shortcut") : x, h);
}

// spatialAttention is AttnBlock: one head over all points.
function spatialAttention(o, x, name) {
  const h = o.groupNorm(o.again(x), name + ".norm");
  const q = conv(o, o.again(h), name + ".q");
  const k = conv(o, o.again(h), name + ".k");
  const v = conv(o, h, name + ".v");
  return o.add(x, conv(o, o.attend(q, k, v), name + ".proj_out"));
}
