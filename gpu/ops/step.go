package ops

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// State is what changes at every step besides boxes, warps and noise levels, which have buffers of their own. The host writes
// Encode's bytes into a buffer of StateSize before each run.
type State struct {
	Seed uint64     // of the run
	Step int        // from 0, below 2³²
	Rate float64    // learning rate
	Adam AdamConfig // of the update
}

// stepState is the encoded State, StepState of step.wgsl.
type stepState struct {
	SeedLow, SeedHigh uint32
	Step              uint32
	StepSize          float32 // rate / (1 − β₁^t), t = Step+1
	InvSqrtBias2      float32 // 1/√(1 − β₂^t)
}

// StateSize is the number of bytes of an encoded State.
const StateSize = 20

// Encode lays the state out as the kernels read it. Adam's factors depend on the step alone and are computed here in float64.
func (s State) Encode() []byte {
	t := float64(s.Step) + 1
	return encode(stepState{
		SeedLow: uint32(s.Seed), SeedHigh: uint32(s.Seed >> 32), Step: uint32(s.Step),
		StepSize:     float32(s.Rate / (1 - math.Pow(s.Adam.Beta1, t))),
		InvSqrtBias2: float32(1 / math.Sqrt(1-math.Pow(s.Adam.Beta2, t))),
	})
}

// EncodeFloats lays out one number per cutout, such as AddNoise's levels.
func EncodeFloats(v []float32) []byte { return encode(v) }

// encode lays out fixed-size values as the kernels read them.
func encode(v any) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		panic(fmt.Sprintf("ops: %v", err)) // only for types without a fixed size
	}
	return b.Bytes()
}
