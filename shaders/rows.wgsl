// Reductions along rows: a workgroup of WORKGROUP invocations serves WORKGROUP/LANES rows, with LANES invocations each.
// SUBGROUP: the workgroup is one subgroup and serves one row, without barriers, which are dear where a processor computes.
#ifdef SUBGROUP
fn row_sum(lid: u32, v: f32) -> f32 {
  return subgroupAdd(v);
}

fn row_max(lid: u32, v: f32) -> f32 {
  return subgroupMax(v);
}
#else
var<workgroup> lanes: array<f32, WORKGROUP>;

// The sum of v over the row's lanes, in a fixed order. Every invocation of the workgroup must call it.
fn row_sum(lid: u32, v: f32) -> f32 {
  lanes[lid] = v;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lid % LANES < half) {
      lanes[lid] += lanes[lid + half];
    }
    workgroupBarrier();
  }
  let sum = lanes[lid / LANES * LANES];
  workgroupBarrier();
  return sum;
}

// The largest v among the row's lanes.
fn row_max(lid: u32, v: f32) -> f32 {
  lanes[lid] = v;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lid % LANES < half) {
      lanes[lid] = max(lanes[lid], lanes[lid + half]);
    }
    workgroupBarrier();
  }
  let largest = lanes[lid / LANES * LANES];
  workgroupBarrier();
  return largest;
}
#endif

fn horizontal(v: vec4f) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}
