package ops

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// State is what changes at every step besides boxes, warps, noise levels and the update's factors, which have buffers of their own. The host writes
// Encode's bytes into a buffer of StateSize before each run.
type State struct {
	Seed uint64 // of the run
	Step int    // from 0, below 2³²
}

// stepState is the encoded State, StepState of step.wgsl.
type stepState struct {
	SeedLow, SeedHigh uint32
	Step              uint32
}

// StateSize is the number of bytes of an encoded State.
const StateSize = 12

// Encode lays the state out as the kernels read it.
func (s State) Encode() []byte {
	return encode(stepState{SeedLow: uint32(s.Seed), SeedHigh: uint32(s.Seed >> 32), Step: uint32(s.Step)})
}

// EncodeFloats lays out numbers as they are, such as AddNoise's levels, one per cutout, or InitLoss's weight.
func EncodeFloats(v []float32) []byte { return encode(v) }

// encode lays out fixed-size values as the kernels read them.
func encode(v any) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		panic(fmt.Sprintf("ops: %v", err)) // only for types without a fixed size
	}
	return b.Bytes()
}
