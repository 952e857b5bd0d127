package guide

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"math"
	"slices"

	"reverie/gpu/ops"
	"reverie/recipe"
)

// State is all that a run needs to go on elsewhere, or later: with the script that it comes from, and the model.
type State struct {
	Script    recipe.Script
	Step      int    // updates made
	Model     string // the name of the model's folder
	Weights   string // identifies its weights
	Thrift    Thrift // of the step, for another one may round otherwise; the zero value chooses
	Optimiser string // that remembers Memory
	Count     ops.Count
	Plateau   Plateau // of the losses so far

	Z, Start []float32   // the latent, now and at the start
	Mean     []float32   // of Z over the updates, where that is what is shown; nil where Z is
	Averaged float64     // the sum of the weights in Mean
	Memory   [][]float32 // the optimiser's, as ops.Optimiser.Memory names it
	Tokens   []uint32    // the codes of what is shown, row by row
	Images   []ImageState
	Overlay  []byte // RGBA of the picture that is laid over, in the run's size; nil for none
}

// ImageState is an image prompt as a perceptor sees it: the name of its file, the embedding of each of its cutouts, and where its pixels pull, these,
// RGBA in the run's size, with the first perceptor.
type ImageState struct {
	Perceptor  int // 0 is the model's own CLIP
	Name       string
	Embeddings [][]float32
	Pixels     []byte
}

// suits says what keeps the session from going on from a state, which may be nil, or nil: a sentence.
func (s *Session) suits(state *State) error {
	if state == nil {
		return nil
	}
	h, w := s.tokens()
	width, height := s.Size()
	made := state.Script.At(state.Step)
	switch m := s.model; {
	case state.Model != m.Name():
		return fmt.Errorf("This run was made with the model %.60q: choose that model to go on with it.", state.Model)
	case state.Weights != s.identity():
		return fmt.Errorf("The model %.60q has changed since this run was made, so it cannot go on: start it again.", state.Model)
	case recipe.Width.In(made) != recipe.Width.In(s.now) || recipe.Height.In(made) != recipe.Height.In(s.now) || len(state.Z) != h*w*m.manifest.VQGAN.EmbedDim ||
		slices.ContainsFunc(append([]ImageState{{Pixels: state.Overlay}}, state.Images...), func(image ImageState) bool {
			return len(image.Pixels) > 0 && len(image.Pixels) != 4*width*height
		}):
		return fmt.Errorf("This run was made with %d×%d pixels: go on with that size.", recipe.Width.In(made), recipe.Height.In(made))
	}
	return nil
}

// sound says whether a run can go on from the state: all its numbers are finite.
func (s *State) sound() bool {
	return finite(s.Z) && finite(s.Mean) && !slices.ContainsFunc(s.Memory, func(m []float32) bool { return !finite(m) })
}

// shown is what a step shows that averages, or that does not.
func (s *State) shown(averages bool) []float32 {
	if averages && s.Averaged > 0 {
		return s.Mean
	}
	return s.Z
}

// ErrAstray says that the latent, the optimiser's memory or a loss holds what is no number: Astray tells more.
var ErrAstray = errors.New("guide: the run went astray")

// Export is the state after the last update. No update may be under way. It fails with ErrAstray where the state is good for nothing. Of
// a session that is not Usable it is the state that the change found which made it so.
func (s *Session) Export(ctx context.Context) (*State, error) {
	if s.begun != s.done {
		return nil, errors.New("guide: an export while updates are under way")
	}
	if !s.Usable() {
		good := *s.good
		good.Script = s.script
		return &good, nil
	}
	state, err := s.state(ctx)
	if err != nil {
		return nil, err
	}
	if s.astray || !state.sound() {
		return nil, ErrAstray
	}
	if _, err := s.view.Render(ctx); err != nil {
		return nil, err
	}
	codes, err := s.view.Codes(ctx)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(codes); i += 4 {
		state.Tokens = append(state.Tokens, binary.LittleEndian.Uint32(codes[i:]))
	}
	s.good = state
	return state, nil
}

// hostState is what the host knows of the state.
func (s *Session) hostState() *State {
	state := &State{Script: s.script, Step: s.done, Model: s.model.Name(), Weights: s.identity(),
		Thrift: s.step.spec.Thrift, Optimiser: s.step.spec.Optimiser.Name, Count: s.count, Plateau: s.plateau, Start: s.z0, Images: s.imageStates(), Overlay: s.over}
	if s.Due() {
		state.Thrift = s.config.Thrift // the step that takes it up may be another
	}
	return state
}

// state is Export without the tokens.
func (s *Session) state(ctx context.Context) (*State, error) {
	if err := s.learnStart(ctx); err != nil {
		return nil, err
	}
	state := s.hostState()
	var err error
	if state.Z, err = s.step.tape.Read(ctx, s.step.Z); err != nil {
		return nil, err
	}
	if s.averaged > 0 {
		state.Averaged = s.averaged
		if state.Mean, err = s.step.tape.Read(ctx, s.step.Shown); err != nil {
			return nil, err
		}
	}
	for _, m := range s.step.memory {
		values, err := s.step.tape.Read(ctx, m)
		if err != nil {
			return nil, err
		}
		state.Memory = append(state.Memory, values)
	}
	return state, nil
}

// The form of a state as bytes: stateMagic, the version in one byte, the length of the header in four, the header in JSON, the arrays that it
// lists one after another, and a checksum of all that.
const (
	stateMagic   = "RVSTATE"
	stateVersion = 1
	stateLead    = len(stateMagic) + 1 + 4
	// maxHeader is the longest header that is read, maxState the most bytes of a state, and maxMemory the most arrays of memory.
	maxHeader = 16 << 20
	maxState  = 1 << 30
	maxMemory = 8
)

// stateHeader is what of a state is no array.
type stateHeader struct {
	Script    json.RawMessage `json:"script"`
	Step      int             `json:"step"`
	Model     string          `json:"model"`
	Weights   string          `json:"weights"`
	Thrift    Thrift          `json:"thrift"`
	Optimiser string          `json:"optimiser"`
	Count     ops.Count       `json:"count"`
	Plateau   Plateau         `json:"plateau,omitzero"`
	Averaged  float64         `json:"averaged,omitempty"` // there is a mean where this is not 0
	Z         int             `json:"z"`                  // numbers of the latent, and of each array of memory, the start and the mean
	Memory    int             `json:"memory"`             // arrays
	Tokens    int             `json:"tokens"`
	Images    []imageHeader   `json:"images,omitempty"`
	Overlay   int             `json:"overlay,omitempty"` // pixels
}

type imageHeader struct {
	Perceptor int    `json:"perceptor,omitempty"`
	Name      string `json:"name"`
	Rows      int    `json:"rows"`
	Dim       int    `json:"dim"`

	Pixels int `json:"pixels,omitempty"`
}

// header describes the state, whose arrays must be of the lengths that it tells.
func (s *State) header() (stateHeader, error) {
	h := stateHeader{Step: s.Step, Model: s.Model, Weights: s.Weights, Thrift: s.Thrift, Optimiser: s.Optimiser, Count: s.Count, Plateau: s.Plateau, Averaged: s.Averaged,
		Z: len(s.Z), Memory: len(s.Memory), Tokens: len(s.Tokens), Overlay: len(s.Overlay) / 4}
	for _, a := range s.arrays()[1:] {
		if len(a) != h.Z {
			return h, fmt.Errorf("guide: a state with arrays of %d and of %d numbers", h.Z, len(a))
		}
	}
	for _, image := range s.Images {
		one := imageHeader{Perceptor: image.Perceptor, Name: image.Name, Rows: len(image.Embeddings), Pixels: len(image.Pixels) / 4}
		for i, e := range image.Embeddings {
			if i == 0 {
				one.Dim = len(e)
			}
			if len(e) != one.Dim {
				return h, fmt.Errorf("guide: a state with embeddings of %d and of %d numbers", one.Dim, len(e))
			}
		}
		h.Images = append(h.Images, one)
	}
	if !h.plausible() {
		return h, fmt.Errorf("guide: a state that cannot be: %+v", h)
	}
	script, err := json.Marshal(s.Script)
	h.Script = script
	return h, err
}

// arrays are those of the latent's size, in the order in which they are written.
func (s *State) arrays() [][]float32 {
	list := [][]float32{s.Z, s.Start}
	if s.Averaged > 0 {
		list = append(list, s.Mean)
	}
	return append(list, s.Memory...)
}

// checksumSize is the size of a state's checksum in bytes.
const checksumSize = 8

// checksum finds what a disk or a transfer has damaged; it is no seal.
func checksum(b []byte) uint64 { return crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)) }

// MarshalBinary writes the state.
func (s *State) MarshalBinary() ([]byte, error) {
	h, err := s.header()
	if err != nil {
		return nil, err
	}
	header, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("guide: a state: %w", err)
	}
	out := append([]byte(stateMagic), stateVersion)
	out = append(binary.LittleEndian.AppendUint32(out, uint32(len(header))), header...)
	arrays := s.arrays()
	for _, image := range s.Images {
		arrays = append(arrays, image.Embeddings...)
	}
	for _, a := range arrays {
		for _, v := range a {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	for _, t := range s.Tokens {
		out = binary.LittleEndian.AppendUint32(out, t)
	}
	out = append(out, s.Overlay[:4*h.Overlay]...)
	for _, image := range s.Images {
		out = append(out, image.Pixels...)
	}
	return binary.LittleEndian.AppendUint64(out, checksum(out)), nil
}

// Errors of ParseState: sentences.
var (
	errNoState      = errors.New("This is no state of a run: choose a file that Reverie wrote.")
	errDamagedState = errors.New("The state of the run is damaged, so it cannot go on: start it again.")
	errNewerState   = errors.New("The state comes from a newer Reverie: update this one to go on with it.")
)

// ParseState reads what MarshalBinary writes, with what recipes have become since then.
func ParseState(b []byte) (*State, error) {
	if !bytes.HasPrefix(b, []byte(stateMagic)) {
		return nil, errNoState
	}
	body := len(b) - checksumSize
	if body < stateLead || len(b) > maxState {
		return nil, errDamagedState
	}
	if b[len(stateMagic)] > stateVersion {
		return nil, errNewerState
	}
	if binary.LittleEndian.Uint64(b[body:]) != checksum(b[:body]) {
		return nil, errDamagedState
	}
	n := binary.LittleEndian.Uint32(b[stateLead-4:])
	rest := b[stateLead:body]
	if n > maxHeader || int(n) > len(rest) {
		return nil, errDamagedState
	}
	var h stateHeader
	if err := json.Unmarshal(rest[:n], &h); err != nil {
		return nil, errDamagedState
	}
	script, unknown, err := recipe.FromJSON(h.Script)
	if err != nil {
		return nil, errDamagedState
	}
	if len(unknown) > 0 {
		return nil, errNewerState
	}
	return h.read(script, rest[n:])
}

// read reads the arrays, which must be just as long as the header says.
func (h stateHeader) read(script recipe.Script, b []byte) (*State, error) {
	if !h.plausible() {
		return nil, errDamagedState
	}
	s := &State{Script: script, Step: h.Step, Model: h.Model, Weights: h.Weights, Thrift: h.Thrift, Optimiser: h.Optimiser, Count: h.Count, Plateau: h.Plateau, Averaged: h.Averaged}
	words := wordReader{rest: b}
	s.Z, s.Start = words.floats(h.Z), words.floats(h.Z)
	if h.Averaged > 0 {
		s.Mean = words.floats(h.Z)
	}
	for range h.Memory {
		s.Memory = append(s.Memory, words.floats(h.Z))
	}
	for _, image := range h.Images {
		one := ImageState{Perceptor: image.Perceptor, Name: image.Name}
		for i := 0; i < image.Rows && !words.short; i++ {
			one.Embeddings = append(one.Embeddings, words.floats(image.Dim))
		}
		s.Images = append(s.Images, one)
	}
	s.Tokens = words.take(h.Tokens)
	s.Overlay = words.bytes(h.Overlay)
	for i, image := range h.Images {
		s.Images[i].Pixels = words.bytes(image.Pixels)
	}
	if words.short || len(words.rest) > 0 {
		return nil, errDamagedState
	}
	return s, nil
}

// plausible says whether a state can be such.
func (h stateHeader) plausible() bool {
	empty := func(image imageHeader) bool {
		return image.Rows < 1 || image.Dim < 1 || image.Perceptor < 0 || image.Perceptor > recipe.MaxPerceptors
	}
	_, known := ops.NamedOptimiser(h.Optimiser)
	return h.Step >= 0 && h.Count.Updates >= 0 && h.Averaged >= 0 && h.Z > 0 && 0 <= h.Memory && h.Memory <= maxMemory && (known || h.Memory == 0) &&
		!slices.ContainsFunc(h.Images, empty)
}

// wordReader takes words of four bytes from the front of rest. It is short once there were too few.
type wordReader struct {
	rest  []byte
	short bool
}

func (r *wordReader) take(n int) []uint32 {
	if n < 0 || n > len(r.rest)/4 {
		r.short = true
		return nil
	}
	list := make([]uint32, n)
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(r.rest[4*i:])
	}
	r.rest = r.rest[4*n:]
	return list
}

// bytes are n words as bytes, nil for none.
func (r *wordReader) bytes(n int) (list []byte) {
	for _, w := range r.take(n) {
		list = binary.LittleEndian.AppendUint32(list, w)
	}
	return list
}

func (r *wordReader) floats(n int) []float32 {
	words := r.take(n)
	list := make([]float32, len(words))
	for i, w := range words {
		list[i] = math.Float32frombits(w)
	}
	return list
}
