package guide

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"reverie/gpu"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/recipe"
	"reverie/recipe/prompt"
	"reverie/weights"
)

// roomy is a device that has room for every run, without optional features.
var roomy = gpu.Info{MaxBinding: 1 << 40, MaxBuffer: 1 << 40, Memory: 1 << 50}

// Describe tells in lines of text what the update after step updates of a script starts from, records, draws and writes, with a model of
// that manifest and the further CLIPs that the script names: it is for those who look for what an option, a draw or a kernel changes. The script is
// suggested and checked.
//
// A session on a planner makes all that as a run does; only embeddings are made up, of a text's bytes, and those of pictures are zero.
func Describe(ctx context.Context, m *weights.Manifest, script recipe.Script, step int, further ...*weights.Manifest) (string, error) {
	model, c, err := describable(ctx, m, script, further...)
	if err != nil {
		return "", err
	}
	s := newSession(model, c)
	defer s.Close()
	if _, err := s.open(ctx, quiet); err != nil {
		return "", err
	}
	for {
		if s.Due() {
			if _, err := s.Apply(ctx, quiet); err != nil {
				return "", err
			}
		}
		if _, err := s.between(); err != nil {
			return "", err
		}
		in, err := s.inputs()
		if err != nil {
			return "", err
		}
		s.begun, s.done = s.begun+1, s.done+1
		s.plateau.hear(1) // nobody computes it
		if s.done > step {
			return s.describe(in), nil
		}
	}
}

// describable is a model on a planner, and what a session of it begins with: embeddings of all texts and all pictures are made up.
func describable(ctx context.Context, m *weights.Manifest, script recipe.Script, further ...*weights.Manifest) (*Model, Config, error) {
	planner := gpu.NewPlanner(roomy)
	planner.SetSpeed(1e12)
	model, err := planned(ctx, planner, m)
	if err != nil {
		return nil, Config{}, err
	}
	c := Config{Script: script, Images: map[string]Picture{}}
	dot := Picture{Width: 1, Height: 1, Pix: make([]byte, 4)}
	if start := script.At(0); script.HasFrames() || recipe.InitImage.In(start) != "" || !slices.Contains([]string{startTokens, startUniform}, recipe.Start.In(start)) {
		part := m.Part(weights.PartEncoder)
		if part == nil {
			return nil, c, errors.New("guide: the model has no encoder for a start picture or a moved one")
		}
		if model.encoder, err = vqgan.LoadEncoder(load.Planned(ctx, planner, part), m.VQGAN); err != nil {
			return nil, c, err
		}
		if recipe.InitImage.In(start) != "" {
			c.Init = &Picture{Width: 2, Height: 1, Pix: []byte{0, 0, 0, 255, 255, 255, 255, 255}}
		}
	}
	for _, name := range script.ImageNames() {
		c.Images[name] = dot
	}
	if c.Perceptors, err = plannedFurther(ctx, planner, further); err != nil {
		return nil, c, err
	}
	for _, one := range append([]*Model{model}, c.Perceptors...) {
		one.embedded = map[string][]float32{}
		for _, text := range one.texts(script) {
			one.embedded[text] = madeUp(text, one.manifest.CLIP.EmbedDim)
		}
	}
	return model, c, nil
}

// texts are those of all prompts of a script, which was checked.
func (m *Model) texts(script recipe.Script) []string {
	var list []string
	add := func(r recipe.Recipe) {
		phases, _ := prompt.Parse(recipe.Prompt.In(r))
		for _, text := range textsOf(r, phases) {
			list = append(list, m.pieces(text, recipe.LongPrompts.In(r) == "window")...)
		}
	}
	add(script.Recipe)
	for _, c := range script.Changes {
		add(script.At(c.Step))
	}
	return list
}

// madeUp is the embedding of a text that no tower has read.
func madeUp(text string, n int) []float32 {
	sum := fnv.New64a()
	sum.Write([]byte(text))
	random := ops.NewDraws(sum.Sum64(), 0, 0, 0)
	e := make([]float32, n)
	for i := range e {
		e[i] = float32(random.Uniform()) - 0.5
	}
	return e
}

// digest identifies numbers.
func digest[T int32 | []float32](values ...T) string {
	sum := fnv.New64a()
	for _, v := range values {
		if err := binary.Write(sum, binary.LittleEndian, v); err != nil {
			panic(err) // only for types without a fixed size
		}
	}
	return fmt.Sprintf("%016x", sum.Sum64())
}

// describeStart tells of a candidate without the start picture.
func (s *Session) describeStart(i int) string {
	kind, seed := recipe.Start.In(s.now), recipe.Seed.In(s.now)
	width, height := s.Size()
	if drawn := startDrawn(kind, seed, i, width, height); drawn != nil {
		return kind + " " + digest(drawn)
	}
	if kind == startUniform {
		return kind + " " + digest(uniformLatent(seed, i, height*width))
	}
	codes, h, w := s.startTokens(i)
	return fmt.Sprintf("tokens %s of %d×%d", digest(codes...), w, h)
}

// describe tells of the update that was counted last and gets in.
func (s *Session) describe(in Inputs) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	width, height := s.Size()
	line("update %d of %d×%d pixels with %s %s", s.done, width, height, s.model.Name(), s.model.Identity())
	if name := recipe.InitImage.In(s.now); name != "" {
		line("start picture %q, %s, strength %g", name, digest(s.initPixels()), recipe.InitStrength.In(s.now))
	}
	if s.config.Init == nil || recipe.InitStrength.In(s.now) < 1 {
		for i := range recipe.BestOf.In(s.now) {
			line("start %s", s.describeStart(i))
		}
	}
	if codes := s.dreamt(in.Step); codes != nil {
		line("dreams %s", digest(codes...))
	}
	if m := s.motion; m != nil && s.now.Frame(in.Step) {
		line("moved by %x", m.numbers(s.now.Keyed(in.Step)))
		for _, dispatch := range m.tape.Plan.Listing() {
			line("move %s", dispatch)
		}
	}
	spec := s.step.spec
	line("optimiser %+v after %d updates", spec.Optimiser, s.count.Updates-1)
	line("thrift %+v", spec.Thrift)
	for _, p := range s.perceptors {
		if len(s.perceptors) > 1 {
			line("perceptor %s, weight %g", p.model.Name(), p.weight)
		}
		for i, t := range p.targets.at(s.now, in.Step) {
			what := "text"
			given := len(spec.Targets) - len(p.targets.given)
			if image := i - (given - len(p.images)); i >= given {
				what = "given"
			} else if image >= 0 {
				what = fmt.Sprintf("image %q", p.images[image].Name)
			}
			line("target %s, weight %g, stop %g, embeddings %s", what, t.Weight, t.Stop, digest(t.Embeddings...))
		}
	}
	line("state %x", ops.State{Seed: in.Seed, Step: in.Step}.Encode())
	for _, stage := range spec.stages() {
		line("numbers %s: %x", stage.name, in.Numbers[stage.name])
	}
	for _, dispatch := range s.step.tape.Plan.Listing() {
		line("dispatch %s", dispatch)
	}
	if s.over != nil {
		line("laid over: %t, %s, alpha %g", laysAt(s.now, in.Step), digest(scaled(s.over, 1, 0)), recipe.OverlayAlpha.In(s.now))
	}
	line("shown unasked: %t", s.shows(in.Step, false))
	line("finished after it: %t", s.Finished())
	return b.String()
}
