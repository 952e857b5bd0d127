package ops

import "reverie/gpu"

// shipped is what tunings without a limit of time chose on the adapters that were at hand, by vendor and architecture. Whoever adds one
// measures it: make tune prints its lines, and what several runs do not agree on stays with the first candidate. All other adapters begin
// with the first of candidates.
var shipped = map[string]gpu.Tuning{
	// SwiftShader of Chromium 156, subgroups of 4; 25 November 2026
	"google swiftshader": {
		"large convolution": "subgroup 8x32", "large convolution gradient": "subgroup 16x32",
		"large linear": "subgroup 16x32", "large linear gradient": "subgroup 16x32",
		"small convolution": "subgroup 16x32", "small convolution gradient": "subgroup 16x32",
		"small linear": "subgroup 16x32", "small linear gradient": "subgroup 16x32",
	},
	// llvmpipe of Mesa 25.0.7, subgroups of 8; 25 November 2026
	"mesa software": {
		"large convolution": "subgroup 32x32", "large convolution gradient": "subgroup 32x32",
		"large linear": "subgroup 32x32", "large linear gradient": "subgroup 32x32",
		"small convolution": "subgroup 32x32", "small convolution gradient": "subgroup 32x32",
		"small linear": "subgroup 32x32", "small linear gradient": "subgroup 32x32",
	},
}

// Shipped is the tuning that comes with the program for adapters of that kind, or nil.
func Shipped(info gpu.Info) gpu.Tuning { return shipped[info.Vendor+" "+info.Architecture] }
