// What the host tells the kernels anew at every step; ops.State encodes the same fields.
struct StepState {
  seed_low: u32, seed_high: u32, step: u32,
  step_size: f32, inv_sqrt_bias2: f32,
}
