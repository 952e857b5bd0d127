package guide

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"reverie/gpu"
	"reverie/gpu/ops"
)

// Inside is what one step has between the latent that it starts from and the one that it leaves. Of several perceptors it shows the model's own: its
// cutouts, embeddings and scores.
type Inside struct {
	Step    int      // updates made before
	Picture Picture  // that CLIP judges
	Tokens  []uint16 // its codes, row by row; nil where Model.TellsTokens is false
	Codes   int      // that the codebook has

	Boxes   []ops.Box // where each cutout is taken from the picture, before it is augmented
	Cutouts Picture   // as CLIP sees them, square, one under another; large ones are shrunk

	// Embeddings are those of the targets, the first of each, and then of the cutouts.
	Embeddings [][]float32
	// Scores are, by target and cutout, the mean distance d' = sign(w)·θ²/2 to the target's embeddings, as the loss counts it: times what the cutout
	// sees of the prompt's region. A target's loss is its weight's magnitude times the mean of its scores.
	Scores  [][]float64
	Weights []float64 // of the targets
	Losses  []float64 // of the pulls, then of the targets

	Pull  Norms   // of the gradient of all losses by the picture that CLIP judges, in squares of several to a token's side
	Move  Norms   // how far the update moves each token's latent
	Reach float64 // the latents' norm before
}

// Norms are Euclidean norms of the parts of a grid, row by row.
type Norms struct {
	Columns int
	Values  []float32
}

// Total is the norm of the whole grid.
func (n Norms) Total() float64 {
	sum := 0.0
	for _, v := range n.Values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

const (
	cutoutSide    = 80 // the most pixels along a shown cutout's side
	pullsPerToken = 4  // the most squares of Pull along a token's side
)

// ErrNoInside says that the device has no room for what looks into a step. The run goes on as it was.
var ErrNoInside = errors.New("This device has no room left to look inside a step: choose fewer cutouts or a smaller size.")

// ErrInWindows says that a look inside needs the whole picture. The run goes on as it was.
var ErrInWindows = errors.New("A picture that is drawn in windows cannot be looked into: choose no window to see inside its steps.")

// viewer reads what a compiled step computes while it does, in memory of its own.
type viewer struct {
	step           *Step
	shrink, square int // pixels along the side of one that is shown of a cutout, and of one of Pull
	tapes          []*ops.Tape
	ring           *gpu.Ring
	slot           *gpu.Buffer
	number         int
	size           int // of the slot

	losses, tokens, codes, pixels, cutouts, sums, pull, move, reach field
	encoded                                                         []field
	saved                                                           []gpu.Copy // of what the update changes, from before it
	moves                                                           *gpu.Plan
}

// field is a part of the slot: what it is a copy of, where it begins, and its bytes.
type field struct {
	from     *gpu.Buffer
	at, size int
}

// newViewer makes the viewer of a step.
func newViewer(ctx context.Context, s *Step) (*viewer, error) {
	v := &viewer{step: s, shrink: ceilDiv(s.Cutouts.W, cutoutSide), square: max(1, s.Picture.W/s.Z.W/pullsPerToken)}
	v.record()
	for _, t := range v.tapes {
		if err := t.Compile(ctx, nil); err != nil {
			v.close()
			return nil, err
		}
	}
	v.ring = s.Device().NewRing(1, v.size)
	v.slot, v.number = v.ring.Slot()
	return v, s.Device().Err()
}

// record lays the slot out, and records what is computed for it.
func (v *viewer) record() {
	s := v.step
	v.losses = v.field(s.losses, align16(4*s.nLosses)) // these two are as Step.outputs reads them
	v.tokens = v.field(s.tokens, align16(4*s.Z.Rows()))
	v.codes = v.field(s.Indices, align16(4*s.Z.Rows()))
	v.pixels = v.field(s.pixels, 4*s.Picture.Rows())
	v.sums = v.field(s.sums.Buf, 4*s.sums.Len())
	for _, e := range s.encoded {
		v.encoded = append(v.encoded, v.field(e.Buf, e.Buf.Form().Size()*e.Len()))
	}

	t := v.tape()
	seen := t.Share(s.Cutouts)
	if v.shrink > 1 {
		seen = t.AvgPool(seen, v.shrink)
	}
	v.cutouts = v.field(t.Pixels(seen), 4*seen.Rows())

	t = v.tape()
	pull := t.BlockNorm(t.Share(s.Picture.D()), nil, v.square)
	v.pull = v.field(pull, 4*ceilDiv(s.Picture.H, v.square)*ceilDiv(s.Picture.W, v.square))

	t = v.tape()
	v.moves = t.Plan
	changed := append([]*ops.Tensor{s.Z}, s.memory...)
	if s.averages() {
		changed = append(changed, s.Shown)
	}
	for _, x := range changed {
		before := t.Input(1, x.H, x.W, x.C, false)
		v.saved = append(v.saved, gpu.Copy{From: x.Buf, To: before.Buf, Size: 4 * x.Len()})
		if x == s.Z {
			v.move = v.field(t.BlockNorm(t.Share(x), before, 1), 4*x.Rows())
			v.reach = v.field(t.BlockNorm(before, nil, 1), 4*x.Rows())
		}
	}
}

func (v *viewer) tape() *ops.Tape {
	t := ops.NewTape(v.step.Device())
	v.tapes = append(v.tapes, t)
	return t
}

// field appends a part to the slot.
func (v *viewer) field(from *gpu.Buffer, bytes int) field {
	f := field{from, v.size, bytes}
	v.size += align16(bytes)
	return f
}

func (v *viewer) copies(fields ...field) (list []gpu.Copy) {
	for _, f := range fields {
		list = append(list, gpu.Copy{From: f.from, To: v.slot, ToOffset: f.at, Size: f.size})
	}
	return list
}

// submit makes an update, and takes it back unless it is to stay.
func (v *viewer) submit(in Inputs, stay bool) error {
	s, plan := v.step, v.step.tape.Plan
	s.write(in)
	complete := func(b *gpu.Buffer) int {
		_, last := plan.Written(b)
		return last
	}
	taps := []gpu.Tap{
		{After: complete(s.Cutouts.Buf), Plan: v.tapes[0].Plan},
		{After: complete(s.sums.Buf), Copies: v.copies(v.sums)},
		{After: complete(s.Picture.D().Buf), Plan: v.tapes[1].Plan},
	}
	for _, e := range v.encoded {
		taps = append(taps, gpu.Tap{After: complete(e.from), Copies: v.copies(e)})
	}
	update, updated := plan.Written(s.Z.Buf) // nothing else writes z
	taps = append(taps, gpu.Tap{After: update, Copies: v.saved}, gpu.Tap{After: updated, Plan: v.moves})
	slices.SortStableFunc(taps, func(a, b gpu.Tap) int { return a.After - b.After })
	last := v.copies(v.losses, v.tokens, v.codes, v.pixels, v.cutouts, v.pull, v.move, v.reach)
	if !stay {
		for _, c := range v.saved {
			last = append(last, gpu.Copy{From: c.To, To: c.From, Size: c.Size})
		}
	}
	return plan.RunTapped(taps, last...)
}

// collect waits for what was submitted.
func (v *viewer) collect(ctx context.Context) (Outputs, Inside, error) {
	data := make([]byte, v.size)
	if err := v.ring.Read(ctx, v.number, data); err != nil {
		return Outputs{}, Inside{}, err
	}
	s, out := v.step, v.step.outputs(data)
	side := s.Cutouts.W / v.shrink
	in := Inside{
		Picture: Picture{s.Picture.W, s.Picture.H, v.pixels.of(data)},
		Tokens:  tokensOf(v.codes.of(data), s.Z.Rows()), Codes: s.spec.VQGAN.NEmbed, Losses: out.Losses,
		Cutouts: Picture{side, side * s.Cutouts.N, v.cutouts.of(data)},
		Pull:    Norms{ceilDiv(s.Picture.W, v.square), v.pull.floats(data)},
	}
	for i, e := range s.encoded {
		for row := range slices.Chunk(ops.Elements(v.encoded[i].of(data), e), e.C) {
			in.Embeddings = append(in.Embeddings, row)
		}
	}
	sums := ops.Elements(v.sums.of(data), s.sums)
	for k := range s.spec.Targets {
		scores := make([]float64, s.sums.C)
		for i := range scores {
			scores[i] = float64(sums[k*s.sums.C+i]) / float64(len(s.spec.Targets[k].Embeddings))
		}
		in.Scores = append(in.Scores, scores)
	}
	in.Move = Norms{s.Z.W, v.move.floats(data)}
	in.Reach = Norms{s.Z.W, v.reach.floats(data)}.Total()
	return out, in, nil
}

func (f field) of(data []byte) []byte { return data[f.at : f.at+f.size] }

func (f field) floats(data []byte) []float32 {
	list := make([]float32, 0, f.size/4)
	for b := f.of(data); len(b) > 0; b = b[4:] {
		list = append(list, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return list
}

func (v *viewer) close() {
	for _, t := range v.tapes {
		t.Close()
	}
	if v.ring != nil {
		v.ring.Destroy()
	}
}

// Inspect makes one update and tells what is inside it. Unless the update is to stay, it is taken back, to the bit, and not reported. No update may
// be under way. After ErrNoInside none was made.
func (s *Session) Inspect(ctx context.Context, stay bool) (*Report, Inside, error) {
	if s.begun != s.done {
		return nil, Inside{}, errors.New("guide: a look inside while updates are under way")
	}
	if s.step.spec.windowed() {
		return nil, Inside{}, ErrInWindows
	}
	v, err := newViewer(ctx, s.step)
	if errors.Is(err, gpu.ErrMemory) {
		return nil, Inside{}, ErrNoInside
	}
	if err != nil {
		return nil, Inside{}, err
	}
	defer v.close()
	s.clock = time.Now()
	var shown []byte
	if s.step.averages() && stay {
		picture, err := s.view.Render(ctx)
		if err != nil {
			return nil, Inside{}, err
		}
		shown = picture.Pix
	}
	step, count, averaged, targets, moment := s.begun, s.count, s.averaged, s.perceptors[0].targets.at(s.now, s.begun), s.moment(s.now, uint32(s.begun))
	var still *State // before what is done between two updates
	if !stay && (s.overlay != nil && laysAt(s.now, s.begun) || s.motion != nil && s.now.Frame(s.begun)) {
		if still, err = s.state(ctx); err != nil {
			return nil, Inside{}, err
		}
	}
	moved, err := s.between()
	if err != nil {
		return nil, Inside{}, err
	}
	in, err := s.inputs()
	if !stay {
		s.count, s.averaged = count, averaged
	}
	if err == nil {
		err = v.submit(in, stay)
	}
	if err != nil {
		return nil, Inside{}, err
	}
	out, inside, err := v.collect(ctx)
	if err != nil {
		return nil, Inside{}, err
	}
	switch {
	case still != nil:
		if s.carry(s.step, still); moved {
			s.motion.fresh = false
			err = s.setFirst(ctx)
		}
	case moved:
		out.Tokens, shown, err = s.frame(ctx)
	}
	if err != nil {
		return nil, Inside{}, err
	}
	inside.Step, inside.Boxes = step, eachCutout(moment, moment.crop)
	var first [][]float32
	for _, t := range targets {
		first, inside.Weights = append(first, t.Embeddings[0]), append(inside.Weights, t.Weight)
	}
	inside.Embeddings = append(first, inside.Embeddings...)
	if !s.model.TellsTokens() {
		inside.Tokens = nil
	}
	if !stay {
		return nil, inside, nil
	}
	s.begun++
	report := s.report(out)
	if report.Pixels = shown; shown == nil {
		report.Pixels = slices.Clone(inside.Picture.Pix) // who gets both may hand both over
	}
	return &report, inside, nil
}
