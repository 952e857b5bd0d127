// One prompt as ops.EncodePrompts lays it out.
struct Prompt {
  first: u32, count: u32, weight: f32, stop: f32,
}
struct Params {
  cuts: u32, c4: u32, prompts: u32, first: u32,
}
