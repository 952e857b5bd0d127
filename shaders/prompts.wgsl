// One prompt as ops.EncodePrompts lays it out.
struct Prompt {
  first: u32, count: u32, weight: f32, stop: f32,
}
// Cuts are all cutouts; a dispatch serves rows of them from first_cut on. Losses go to the place first on.
struct Params {
  cuts: u32, c4: u32, prompts: u32, first: u32,
  rows: u32, first_cut: u32,
}
