// What the host tells the kernels anew at every step; ops.State encodes the same fields.
struct StepState {
  seed_low: u32, seed_high: u32, step: u32,
}
