package guide

import (
	"context"
	"fmt"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/weights"
)

// Target is one prompt as the loss sees it: the embeddings that the picture should come near to (one of a text, one per
// cutout of an image prompt), its weight and its stop.
type Target struct {
	Embeddings   [][]float32
	Weight, Stop float64
}

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
	Pooled        bool // cutouts are pooled and not resampled
	Clamp         bool // cutouts are clamped to [0, 1]
	Sharpen       bool
	Warps         []ops.Padding // one per warp, in order
	Jitter        bool
	Erase         bool
	Noise         bool

	Targets    []Target
	InitLoss   string // of a weight above zero
	InitWeight float64
	Smoothness float64 // weight of the picture's total variation
	Adam       ops.AdamConfig
	Lowest     []float32 // range of z per channel
	Highest    []float32

	Thrift  Thrift
	Inspect bool // keep the tensors between picture and embeddings for reading

	HalfPrecision bool // see ops.Tape
}

// Thrift says how a step saves memory. Nothing of it changes what is computed: random draws are made for all cutouts first, each cutout
// goes through CLIP by itself whatever its company, and what is computed twice gives the same numbers twice.
type Thrift struct {
	Part    int  // so many cutouts at a time go through CLIP, forward and backward; 0 is all of them
	Decoder bool // the decoder's blocks are computed again on the way back
	CLIP    bool // and CLIP's
}

// Inputs are what changes from step to step; a step takes those that its spec asks for.
type Inputs struct {
	Boxes   []ops.Box
	Factors []float32          // of sharpness per cutout
	Warps   [][]ops.Homography // per warp, per cutout
	Jitters []ops.Jitter       // per cutout
	Erased  []ops.Box          // per cutout
	Sigmas  []float32          // noise per cutout
	Seed    uint64
	Step    int // from 0
	Rate    float64
}

// Step is one recorded optimisation step: forward, backward and update of z.
type Step struct {
	Z        *ops.Tensor // [1, Height, Width, channels]
	Indices  *gpu.Buffer // the codes of the forward pass, one uint32 per token
	Picture  *ops.Tensor // in [0, 1]; readable with Inspect
	Cutouts  *ops.Tensor // as CLIP sees them; readable with Inspect
	Encoded  *ops.Tensor // embeddings of the cutouts; readable with Inspect, nil when they come in parts
	spec     StepSpec
	tape     *ops.Tape
	z0       *ops.Tensor
	boxes    *gpu.Buffer
	factors  *gpu.Buffer
	warps    []*gpu.Buffer
	jitters  *gpu.Buffer
	erased   *gpu.Buffer
	sigmas   *gpu.Buffer
	state    *gpu.Buffer
	losses   *gpu.Buffer // one float32 per loss: the init loss if any, the picture's total variation if it counts, then the targets'
	nLosses  int
	pixels   *gpu.Buffer // RGBA bytes of Picture
	ring     *gpu.Ring
	readback []byte

	submitted []submitted // oldest first
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
	PartAdam     = "Adam"
)

// NewStep records a step on the device.
func NewStep(d *gpu.Device, spec StepSpec) (*Step, error) {
	s := &Step{spec: spec, tape: ops.NewTape(d)}
	t := s.tape
	if spec.HalfPrecision {
		t.HalfPrecision()
	}
	s.Z = t.Input(1, spec.Height, spec.Width, spec.VQGAN.EmbedDim, true)
	s.state = t.Buffer("step state", ops.StateSize)
	t.Part(PartCodebook)
	zq, indices := t.Quantise(s.Z, t.NewCodebook(spec.Decoder.Codebook))
	s.Indices = indices
	t.Part(PartDecoder)
	t.Recompute = spec.Thrift.Decoder
	s.Picture = t.ClampWithGrad(spec.Decoder.Decode(t, zq), 0.5, 0.5, 0, 1)
	t.Recompute = spec.Thrift.CLIP
	s.pixels = t.Pixels(s.Picture)
	s.inspect(s.Picture)
	t.Part(PartCutouts)
	s.Cutouts = s.cutouts(s.Picture)
	s.inspect(s.Cutouts)
	if err := s.loss(); err != nil {
		return nil, err
	}
	t.Backward()
	t.Part(PartAdam)
	t.Adam(s.Z, s.state, spec.Adam, spec.Lowest, spec.Highest)
	return s, d.Err()
}

// reportBytes is the size of an update's losses and picture.
func (s *Step) reportBytes() int { return align16(4*s.nLosses) + 4*s.Picture.H*s.Picture.W }

func align16(n int) int { return (n + 15) / 16 * 16 }

func (s *Step) inspect(x *ops.Tensor) {
	if s.spec.Inspect {
		s.tape.Keep(x)
	}
}

// cutouts records what lies between the picture and CLIP.
func (s *Step) cutouts(picture *ops.Tensor) *ops.Tensor {
	t, spec := s.tape, s.spec
	s.boxes = t.Buffer("boxes", 16*spec.Cutouts)
	var x *ops.Tensor
	if spec.Pooled {
		x = t.Pool(picture, s.boxes, spec.Cutouts, spec.CLIP.ImageSize)
	} else {
		x = t.Cutouts(picture, s.boxes, spec.Cutouts, spec.CLIP.ImageSize)
	}
	if spec.Clamp {
		x = t.ClampWithGrad(x, 1, 0, 0, 1)
	}
	if spec.Sharpen {
		s.factors = t.Buffer("sharpness", align16(4*spec.Cutouts))
		x = t.Sharpen(x, s.factors)
	}
	for _, padding := range spec.Warps {
		b := t.Buffer("warps", ops.HomographySize*spec.Cutouts)
		s.warps = append(s.warps, b)
		x = t.Warp(x, b, padding)
	}
	if spec.Jitter {
		s.jitters = t.Buffer("jitters", ops.JitterSize*spec.Cutouts)
		x = t.Jitter(x, s.jitters)
	}
	if spec.Erase {
		s.erased = t.Buffer("erased", ops.BoxSize*spec.Cutouts)
		x = t.Erase(x, s.erased)
	}
	if spec.Noise {
		s.sigmas = t.Buffer("noise", align16(4*spec.Cutouts))
		x = t.AddNoise(x, s.sigmas, s.state)
	}
	return x
}

// loss records the init loss, the picture's total variation, CLIP and the targets' losses, and with parts of the cutouts also their way back.
func (s *Step) loss() error {
	t, spec := s.tape, s.spec
	var rows []float32
	var prompts []ops.Prompt
	for _, target := range spec.Targets {
		prompts = append(prompts, ops.Prompt{First: len(rows) / spec.CLIP.EmbedDim, Count: len(target.Embeddings), Weight: target.Weight, Stop: target.Stop})
		for _, e := range target.Embeddings {
			if len(e) != spec.CLIP.EmbedDim {
				return fmt.Errorf("guide: an embedding of %d numbers where CLIP has %d", len(e), spec.CLIP.EmbedDim)
			}
			rows = append(rows, e...)
		}
	}
	if len(prompts) == 0 {
		return fmt.Errorf("guide: a step without prompts")
	}
	t.Part(PartLoss)
	first := 0
	for _, weight := range []float64{spec.InitWeight, spec.Smoothness} {
		if weight > 0 {
			first++
		}
	}
	s.nLosses = first + len(prompts)
	s.losses = t.Buffer("losses", align16(4*s.nLosses))
	if spec.InitWeight > 0 {
		target := (*ops.Tensor)(nil)
		if spec.InitLoss == InitLossNotebook {
			s.z0 = t.Input(1, spec.Height, spec.Width, spec.VQGAN.EmbedDim, false)
			target = s.z0
		}
		t.InitLoss(s.Z, target, s.state, float32(spec.InitWeight), s.losses)
	}
	if spec.Smoothness > 0 {
		t.TotalVariation(s.Picture, spec.Smoothness, s.losses, first-1)
	}
	targets := t.Input(1, 1, len(rows)/spec.CLIP.EmbedDim, spec.CLIP.EmbedDim, false)
	t.Write(targets, rows)
	losses := t.NewPromptLosses(targets, prompts, spec.Cutouts, s.losses, first)
	part := spec.Thrift.Part
	if part <= 0 || part >= spec.Cutouts {
		t.Part(PartCLIP)
		s.Encoded = spec.Image.Encode(t, s.Cutouts)
		s.inspect(s.Encoded)
		t.Part(PartLoss)
		losses.Add(s.Encoded)
	} else {
		for begin := 0; begin < spec.Cutouts; begin += part {
			m := t.Mark()
			t.Part(PartCLIP)
			e := spec.Image.Encode(t, t.Slice(s.Cutouts, begin, min(part, spec.Cutouts-begin)))
			t.Part(PartLoss)
			losses.Add(e)
			t.BackwardTo(m)
		}
	}
	losses.Finish()
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
	if s.z0 != nil {
		s.tape.Write(s.z0, z)
	}
}

// Run makes one update and returns the losses before it, and if asked the picture's RGBA bytes before it.
func (s *Step) Run(ctx context.Context, in Inputs, show bool) (losses []float64, pixels []byte, err error) {
	if err := s.Submit(in, show); err != nil {
		return nil, nil, err
	}
	return s.Collect(ctx)
}

// submitted is an update whose results Collect brings: where they are in the ring, and their size in bytes.
type submitted struct{ slot, size int }

// Submit sends one update to the device, which may still be busy with others: at most MostSubmitted may wait for Collect.
func (s *Step) Submit(in Inputs, show bool) error {
	if len(s.submitted) == MostSubmitted {
		return fmt.Errorf("guide: %d updates wait to be collected", MostSubmitted)
	}
	s.write(in)
	slot, number := s.ring.Slot()
	lossBytes := align16(4 * s.nLosses)
	copies := []gpu.Copy{{From: s.losses, To: slot, Size: lossBytes}}
	n := lossBytes
	if show {
		n = len(s.readback)
		copies = append(copies, gpu.Copy{From: s.pixels, To: slot, ToOffset: lossBytes, Size: n - lossBytes})
	}
	s.submitted = append(s.submitted, submitted{number, n})
	return s.tape.Plan.Run(copies...)
}

// Collect waits for the oldest submitted update and returns what Run does.
func (s *Step) Collect(ctx context.Context) (losses []float64, pixels []byte, err error) {
	if len(s.submitted) == 0 {
		return nil, nil, fmt.Errorf("guide: no update was submitted")
	}
	oldest := s.submitted[0]
	s.submitted = s.submitted[1:]
	n, lossBytes := oldest.size, align16(4*s.nLosses)
	if err := s.ring.Read(ctx, oldest.slot, s.readback[:n]); err != nil {
		return nil, nil, err
	}
	for _, l := range ops.Unpad(s.readback, 1, s.nLosses) {
		losses = append(losses, float64(l))
	}
	if n > lossBytes {
		pixels = append([]byte{}, s.readback[lossBytes:n]...)
	}
	return losses, pixels, nil
}

// write puts the inputs on the device.
func (s *Step) write(in Inputs) {
	d := s.Device()
	d.Write(s.boxes, 0, ops.EncodeBoxes(in.Boxes))
	if s.factors != nil {
		d.Write(s.factors, 0, ops.EncodeFloats(in.Factors))
	}
	for i, b := range s.warps {
		d.Write(b, 0, ops.EncodeHomographies(in.Warps[i]))
	}
	if s.jitters != nil {
		d.Write(s.jitters, 0, ops.EncodeJitters(in.Jitters))
	}
	if s.erased != nil {
		d.Write(s.erased, 0, ops.EncodeBoxes(in.Erased))
	}
	if s.sigmas != nil {
		d.Write(s.sigmas, 0, ops.EncodeFloats(in.Sigmas))
	}
	d.Write(s.state, 0, ops.State{Seed: in.Seed, Step: in.Step, Rate: in.Rate, Adam: s.spec.Adam}.Encode())
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
