package guide

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/recipe/preset"
	"reverie/weights"
)

// The losses that pull z, i the step from 0 and w the weight.
const (
	InitLossNotebook    = "notebook"    // mse(z, z0)·w/2
	InitLossNerdyRodent = "nerdyrodent" // mse(z, 0)·w/2/(2i+1)
)

// StepSpec says what one step is made of.
type StepSpec struct {
	VQGAN   weights.VQGANConfig
	CLIP    weights.CLIPConfig
	Decoder *vqgan.Decoder
	Image   *clip.Image

	Height, Width int // in tokens
	Cutouts       int
	Preset        preset.Preset
	Border        border

	Coherence bool // cutouts pull by what they agree in
	Drawing   Drawing
	Targets   []Target
	Further   []Perceptor // that judge the picture besides CLIP
	InitLoss  string      // "" for none
	Smooth    bool        // the picture's total variation is a loss
	Pictures  int         // image prompts that pull by their pixels
	Styles    int         // that pull by their style
	Pulls     []string    // the stages of further losses of the picture and of z, in the order of losses.go
	Regions   bool        // prompts pull in parts of the picture
	Hold      bool        // some tokens do not move
	Average   bool        // what is shown is a running mean of z
	Optimiser ops.Optimiser
	Lowest    []float32 // range of z per channel
	Highest   []float32

	Thrift  Thrift
	Inspect bool // keep the tensors between picture and embeddings for reading

	HalfPrecision bool // see ops.Tape
}

// views are the stages that make what CLIP sees.
func (spec StepSpec) views() []stage {
	var list []stage
	if spec.Drawing.Key.On {
		list = append(list, backdrop)
	}
	if spec.Drawing.Tile.Any() {
		list = append(list, roll)
	}
	if spec.Border.pads() {
		list = append(list, margins)
	}
	if spec.Coherence {
		list = append(list, coherence)
	}
	list = append(list, cutouts)
	for _, a := range spec.Preset.Augmentations {
		list = append(list, augmentations[a.Name])
	}
	return list
}

// pulls are the stages that are losses besides the prompts', in the order in which losses are told.
func (spec StepSpec) pulls() []stage {
	var list []stage
	if spec.InitLoss != "" {
		list = append(list, initLoss)
	}
	if spec.Smooth {
		list = append(list, smoothness)
	}
	for _, p := range pulls {
		if slices.Contains(spec.Pulls, p.name) {
			list = append(list, p.stage)
		}
	}
	for i := range spec.Pictures {
		list = append(list, imagePixels(i))
	}
	for i := range spec.Styles {
		list = append(list, imageStyle(i))
	}
	return list
}

// textures are the stages that make what losses of style compare.
func (spec StepSpec) textures() []stage {
	if spec.Styles > 0 {
		return []stage{style}
	}
	return nil
}

// weighs are the stages between the targets and their losses.
func (spec StepSpec) weighs() []stage {
	if spec.Regions {
		return []stage{regions}
	}
	return nil
}

// moves are the stages that move the latent.
func (spec StepSpec) moves() []stage {
	list := []stage{update}
	if spec.Hold {
		list = []stage{hold, update}
	}
	if spec.Average {
		list = append(list, average)
	}
	return list
}

// Perceptor is a CLIP that judges the picture, with what it pulls to: for each prompt a target in its own space.
type Perceptor struct {
	CLIP    weights.CLIPConfig
	Image   *clip.Image
	Targets []Target
}

// perceptors are all of a step, the model's own first.
func (spec StepSpec) perceptors() []Perceptor {
	return append([]Perceptor{{spec.CLIP, spec.Image, spec.Targets}}, spec.Further...)
}

// sides are those of the cutouts, each once, the model's own first: perceptors that look at equal ones share them.
func (spec StepSpec) sides() []int {
	sides := []int{spec.CLIP.ImageSize}
	for _, p := range spec.Further {
		if !slices.Contains(sides, p.CLIP.ImageSize) {
			sides = append(sides, p.CLIP.ImageSize)
		}
	}
	return sides
}

// seen are the stages whose numbers depend on the side of the cutouts.
func (spec StepSpec) seen() []stage { return append(spec.views(), spec.weighs()...) }

// atSide is a stage's name among a step's numbers: of cutouts that are not the model's own it has their side.
func (spec StepSpec) atSide(name string, side int) string {
	if side == spec.CLIP.ImageSize {
		return name
	}
	return fmt.Sprintf("%s at %d", name, side)
}

// frames are the stages between the codebook and the decoder.
func (spec StepSpec) frames() []stage {
	if spec.windowed() {
		return []stage{framed}
	}
	return nil
}

// stages are all stages that get numbers; seen ones are meant at the model's own side.
func (spec StepSpec) stages() []stage {
	return slices.Concat(spec.frames(), spec.views(), spec.textures(), spec.pulls(), spec.weighs(), spec.moves())
}

// Thrift says how a step saves memory. Nothing of it changes what is computed: random draws are made for all cutouts first, each cutout
// goes through CLIP by itself whatever its company, and what is computed twice gives the same numbers twice.
type Thrift struct {
	Part    int  `json:"part,omitempty"`    // so many cutouts at a time go through CLIP, forward and backward; 0 is all of them
	Decoder bool `json:"decoder,omitempty"` // the decoder's blocks are computed again on the way back
	CLIP    bool `json:"clip,omitempty"`    // and CLIP's
}

// Step is one recorded optimisation step: forward, backward and update of z.
type Step struct {
	Z        *ops.Tensor // [1, Height, Width, channels]
	Indices  *gpu.Buffer // the codes of the forward pass, one uint32 per token
	Shown    *ops.Tensor // what is shown: Z, or its running mean
	Picture  *ops.Tensor // in [0, 1], or the window of it; readable with Inspect
	Cutouts  *ops.Tensor // as CLIP sees them; readable with Inspect
	Encoded  *ops.Tensor // embeddings of the cutouts; readable with Inspect, nil when they come in parts
	spec     StepSpec
	tape     *ops.Tape
	z0       *ops.Tensor            // where z started, if a loss pulls there
	first    *ops.Tensor            // the picture that it started from, if a loss pulls there
	pictures []*ops.Tensor          // those of image prompts that pull by their pixels
	texture  *ops.Tensor            // of the picture, as a Gram matrix, if image prompts pull by their style
	styles   []*ops.Tensor          // those of these image prompts
	memory   []*ops.Tensor          // the optimiser's
	numbers  map[string]*gpu.Buffer // of each stage
	written  map[string][]byte      // what is in them
	state    *gpu.Buffer
	side     int                 // of the cutouts that are being recorded
	cuts     map[int]*ops.Tensor // the cutouts, by side
	goals    []goal              // of each perceptor
	shares   *gpu.Buffer         // what each cutout sees of each prompt's region, nil without regions; of the side that is being recorded
	coherent *gpu.Buffer         // how much the cutouts' coherence counts, nil if not at all; of the side that is being recorded
	held     *gpu.Buffer         // which tokens do not move, nil if all do
	tokens   *gpu.Buffer         // the codes of Shown, as Indices
	view     *View               // of Shown, nil where that is Z, whose picture the step has
	losses   *gpu.Buffer         // one float32 per loss: the pulls', then the targets' of each perceptor
	sums     *ops.Tensor         // what the targets' losses of the model's own CLIP are made of: see ops.PromptLosses
	encoded  []*ops.Tensor       // its embeddings of the cutouts, part by part
	nLosses  int
	told     int         // losses that have their place
	pixels   *gpu.Buffer // RGBA bytes of Picture
	ring     *gpu.Ring
	readback []byte

	submitted []submitted // oldest first
}

// goal is what a perceptor pulls to: the rows of its targets' embeddings, and the targets as the loss reads them.
type goal struct {
	rows    *ops.Tensor
	prompts *gpu.Buffer
}

// MostSubmitted is how many updates may be under way at a time: one computes while the losses of the one before come back. More
// would keep the device no busier and a person who pauses waiting longer.
const MostSubmitted = 2

// The parts of a step, as its plan's stretches name them.
const (
	PartCodebook = "codebook"
	PartDecoder  = "decoder"
	PartCutouts  = "cutouts"
	PartCLIP     = "CLIP"
	PartLoss     = "loss"
	PartUpdate   = "update"
)

// NewStep records a step on the device.
func NewStep(d *gpu.Device, spec StepSpec) (*Step, error) {
	s := newStep(d, spec)
	t := s.tape
	s.Z = t.Input(1, spec.Height, spec.Width, spec.VQGAN.EmbedDim, true)
	s.Z.Buf.Named("latent z")
	t.Part(PartCodebook)
	book := t.NewCodebook(spec.Decoder.Codebook)
	zq, indices := t.Quantise(s.Z, book)
	s.Indices, s.Shown, s.tokens = indices, s.Z, indices
	if spec.Average {
		s.Shown = t.Input(1, spec.Height, spec.Width, spec.VQGAN.EmbedDim, false)
		s.Shown.Buf.Named("mean of latent z")
		_, s.tokens = t.Quantise(s.Shown, book)
	}
	t.Part(PartDecoder)
	t.Recompute = spec.Thrift.Decoder
	s.Picture = spec.Drawing.draw(t, spec.Decoder, s.record(spec.frames(), zq))
	t.Recompute = spec.Thrift.CLIP
	s.pixels = t.KeyedPixels(s.Picture, spec.Drawing.Key)
	s.inspect(s.Picture)
	t.Part(PartCutouts)
	for _, s.side = range spec.sides() {
		s.cuts[s.side] = s.record(spec.views(), s.Picture)
	}
	s.side = spec.CLIP.ImageSize
	s.Cutouts = s.cuts[s.side]
	s.inspect(s.Cutouts)
	if err := s.loss(); err != nil {
		return nil, err
	}
	t.Backward()
	t.Part(PartUpdate)
	s.record(spec.moves(), s.Picture)
	return s, d.Err()
}

// newStep begins a step.
func newStep(d *gpu.Device, spec StepSpec) *Step {
	s := &Step{spec: spec, tape: ops.NewTape(d), numbers: map[string]*gpu.Buffer{}, written: map[string][]byte{}, side: spec.CLIP.ImageSize, cuts: map[int]*ops.Tensor{}}
	if spec.HalfPrecision {
		s.tape.HalfPrecision()
	}
	s.state = s.tape.Buffer("step state", ops.StateSize)
	return s
}

// record appends stages, the first of which gets x, and returns what the last one makes.
func (s *Step) record(stages []stage, x *ops.Tensor) *ops.Tensor {
	for _, stage := range stages {
		name := s.spec.atSide(stage.name, s.side)
		s.numbers[name] = s.tape.Buffer(stage.name, align16(stage.bytes(s.spec)))
		x = stage.record(s, x, s.numbers[name])
	}
	return x
}

// nextLoss is the place of the loss that is recorded next.
func (s *Step) nextLoss() int {
	s.told++
	return s.told - 1
}

// averages says whether what is shown is a mean.
func (s *Step) averages() bool { return s.Shown != s.Z }

// leadBytes is the size of what every update reports: its losses, then the codes of what was shown when it started.
func (s *Step) leadBytes() int { return align16(4*s.nLosses) + align16(4*s.Z.Rows()) }

// reportBytes is the size of an update's report with a picture.
func (s *Step) reportBytes() int { return s.leadBytes() + 4*s.Picture.H*s.Picture.W }

func align16(n int) int { return (n + 15) / 16 * 16 }

func (s *Step) inspect(x *ops.Tensor) {
	if s.spec.Inspect {
		s.tape.Keep(x)
	}
}

// loss records the pulls, the perceptors and the targets' losses. Of several perceptors, and of parts of the cutouts, each goes its way back
// before the next one comes, so that the memory of one serves all.
func (s *Step) loss() error {
	t, spec := s.tape, s.spec
	if len(spec.Targets) == 0 {
		return fmt.Errorf("guide: a step without prompts")
	}
	pulls, perceptors := spec.pulls(), spec.perceptors()
	t.Part(PartLoss)
	s.nLosses = len(pulls) + len(perceptors)*len(spec.Targets)
	s.losses = t.Buffer("losses", align16(4*s.nLosses))
	s.record(spec.textures(), s.Picture)
	s.record(pulls, s.Picture)
	shares := map[int]*gpu.Buffer{}
	for i, p := range perceptors {
		prompts, rows, err := p.targetRows(p.Targets)
		if err != nil {
			return err
		}
		if len(p.Targets) != len(spec.Targets) {
			return fmt.Errorf("guide: a perceptor with %d targets where another has %d", len(p.Targets), len(spec.Targets))
		}
		goal := goal{rows: t.Input(1, 1, len(rows)/p.CLIP.EmbedDim, p.CLIP.EmbedDim, false)}
		t.Write(goal.rows, rows)
		s.side = p.CLIP.ImageSize
		if _, there := shares[s.side]; !there {
			s.record(spec.weighs(), s.Picture)
			shares[s.side] = s.shares
		}
		losses := t.NewPromptLosses(goal.rows, prompts, spec.Cutouts, shares[s.side], s.losses, s.told+i*len(prompts))
		goal.prompts = losses.Encoded
		s.goals = append(s.goals, goal)
		encoded := s.judge(p.Image, losses, len(perceptors) > 1)
		if i == 0 {
			s.sums, s.encoded = losses.Sums, encoded
		}
	}
	s.side = spec.CLIP.ImageSize
	return nil
}

// judge records a perceptor's way to the losses of the cutouts at its side, and with parts of them, or where others follow, also the way back.
func (s *Step) judge(image *clip.Image, losses *ops.PromptLosses, others bool) (encoded []*ops.Tensor) {
	t, cutouts, part := s.tape, s.cuts[s.side], s.spec.Thrift.Part
	whole := part <= 0 || part >= s.spec.Cutouts
	if whole {
		part = s.spec.Cutouts
	}
	for begin := 0; begin < s.spec.Cutouts; begin += part {
		m, of := t.Mark(), cutouts
		t.Part(PartCLIP)
		if !whole {
			of = t.Slice(cutouts, begin, min(part, s.spec.Cutouts-begin))
		}
		e := image.Encode(t, of)
		encoded = append(encoded, e)
		if whole && s.Encoded == nil {
			s.Encoded = e
			s.inspect(e)
		}
		t.Part(PartLoss)
		losses.Add(e)
		if !whole || others {
			t.BackwardTo(m)
		}
	}
	losses.Finish()
	return encoded
}

// targetRows are the targets as the loss reads them, and the rows that they name.
func (p Perceptor) targetRows(targets []Target) (prompts []ops.Prompt, rows []float32, err error) {
	dim := p.CLIP.EmbedDim
	for _, target := range targets {
		prompts = append(prompts, ops.Prompt{First: len(rows) / dim, Count: len(target.Embeddings), Weight: target.Weight, Stop: target.Stop})
		for _, e := range target.Embeddings {
			if len(e) != dim {
				return nil, nil, fmt.Errorf("guide: an embedding of %d numbers where CLIP has %d", len(e), dim)
			}
			rows = append(rows, e...)
		}
	}
	return prompts, rows, nil
}

// SetTargets makes the next update pull to other targets, by perceptor: as many as were recorded, of as many embeddings each.
func (s *Step) SetTargets(targets [][]Target) error {
	for i, p := range s.spec.perceptors() {
		goal := s.goals[i]
		prompts, rows, err := p.targetRows(targets[i])
		if err != nil {
			return err
		}
		if len(targets[i]) != len(p.Targets) || len(rows) != goal.rows.Rows()*goal.rows.C {
			return fmt.Errorf("guide: %d targets with %d numbers in place of %d with %d", len(targets[i]), len(rows), len(p.Targets), goal.rows.Rows()*goal.rows.C)
		}
		s.tape.Write(goal.rows, rows)
		s.Device().Write(goal.prompts, 0, ops.EncodePrompts(prompts))
	}
	return nil
}

// Compile takes the step's memory and builds its kernels.
func (s *Step) Compile(ctx context.Context, progress Progress) error {
	s.readback = make([]byte, s.reportBytes())
	s.ring = s.Device().NewRing(MostSubmitted, len(s.readback))
	return s.tape.Compile(ctx, func(done, total int) { progress(PhaseCompile, int64(done), int64(total)) })
}

// Device is where the step runs.
func (s *Step) Device() *gpu.Device { return s.tape.Plan.Device() }

// SetZ puts the latent in its place, and remembers it as what the init loss pulls to.
func (s *Step) SetZ(z []float32) {
	s.tape.Write(s.Z, z)
	s.tape.Write(s.Shown, z)
	s.setStart(z)
}

// setStart says where z started.
func (s *Step) setStart(z []float32) {
	if s.z0 != nil {
		s.tape.Write(s.z0, z)
	}
}

// Run makes one update and returns what it tells of the state before it.
func (s *Step) Run(ctx context.Context, in Inputs, show bool) (Outputs, error) {
	if err := s.Submit(in, show); err != nil {
		return Outputs{}, err
	}
	return s.Collect(ctx)
}

// Outputs are what an update tells of the state before it.
type Outputs struct {
	Losses     []float64 // the pulls', then each prompt's: of several perceptors their sum
	Perceptors []float64 // the sum of each perceptor's losses of prompts, where there are several
	Tokens     []uint16  // the codes of what is shown, row by row
	Pixels     []byte    // RGBA of its picture, if it was asked for
}

// submitted is an update whose results Collect brings: where they are in the ring, and their size in bytes.
type submitted struct{ slot, size int }

// Submit sends one update to the device, which may still be busy with others: at most MostSubmitted may wait for Collect.
func (s *Step) Submit(in Inputs, show bool) error { return s.submit(in, show, nil) }

// submit is Submit of an update that tells what a view has drawn, unless that is nil.
func (s *Step) submit(in Inputs, show bool, frame *View) error {
	if len(s.submitted) == MostSubmitted {
		return fmt.Errorf("guide: %d updates wait to be collected", MostSubmitted)
	}
	s.write(in)
	slot, number := s.ring.Slot()
	lossBytes, n := align16(4*s.nLosses), s.leadBytes()
	tokens, pixels, view := s.tokens, s.pixels, s.view
	if frame != nil {
		tokens, pixels, view = frame.Indices, frame.pixels, nil
	}
	copies := []gpu.Copy{{From: s.losses, To: slot, Size: lossBytes}, {From: tokens, To: slot, ToOffset: lossBytes, Size: 4 * s.Z.Rows()}}
	if show {
		size := len(s.readback) - n
		if view != nil {
			if view.at != nil {
				s.Device().Write(view.at, 0, in.Numbers[StageWindow])
			}
			if err := view.Tape.Plan.Run(gpu.Copy{From: view.pixels, To: slot, ToOffset: n, Size: size}); err != nil {
				return err
			}
		} else {
			copies = append(copies, gpu.Copy{From: pixels, To: slot, ToOffset: n, Size: size})
		}
		n += size
	}
	s.submitted = append(s.submitted, submitted{number, n})
	return s.tape.Plan.Run(copies...)
}

// Collect waits for the oldest submitted update and returns what Run does.
func (s *Step) Collect(ctx context.Context) (Outputs, error) {
	if len(s.submitted) == 0 {
		return Outputs{}, fmt.Errorf("guide: no update was submitted")
	}
	oldest := s.submitted[0]
	s.submitted = s.submitted[1:]
	n, lead := oldest.size, s.leadBytes()
	if err := s.ring.Read(ctx, oldest.slot, s.readback[:n]); err != nil {
		return Outputs{}, err
	}
	out := s.outputs(s.readback)
	if n > lead {
		out.Pixels = append([]byte{}, s.readback[lead:n]...)
	}
	return out, nil
}

// outputs are the losses and the tokens with which a report begins.
func (s *Step) outputs(report []byte) (out Outputs) {
	pulls, prompts := len(s.spec.pulls()), len(s.spec.Targets)
	for i, l := range ops.Unpad(report, 1, s.nLosses) {
		if i < pulls+prompts {
			out.Losses = append(out.Losses, float64(l))
		} else {
			out.Losses[pulls+(i-pulls)%prompts] += float64(l)
		}
		if i < pulls || len(s.spec.Further) == 0 {
			continue
		}
		if (i-pulls)%prompts == 0 {
			out.Perceptors = append(out.Perceptors, 0)
		}
		out.Perceptors[len(out.Perceptors)-1] += float64(l)
	}
	out.Tokens = tokensOf(report[align16(4*s.nLosses):], s.Z.Rows())
	return out
}

// tokensOf are n codes as the device writes them, of which two bytes are kept: see Model.TellsTokens.
func tokensOf(indices []byte, n int) []uint16 {
	tokens := make([]uint16, n)
	for i := range tokens {
		tokens[i] = binary.LittleEndian.Uint16(indices[4*i:])
	}
	return tokens
}

// write puts what has changed on the device.
func (s *Step) write(in Inputs) {
	d := s.Device()
	for name, numbers := range in.Numbers {
		if b := s.numbers[name]; b != nil && !bytes.Equal(numbers, s.written[name]) {
			d.Write(b, 0, numbers)
			s.written[name] = numbers
		}
	}
	d.Write(s.state, 0, ops.State{Seed: in.Seed, Step: in.Step}.Encode())
}

// Tape is where the step is recorded, for reading tensors.
func (s *Step) Tape() *ops.Tape { return s.tape }

// Close gives the step's memory back.
func (s *Step) Close() {
	s.tape.Close()
	if s.ring != nil {
		s.ring.Destroy()
	}
}
