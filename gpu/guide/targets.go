package guide

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"reverie/gpu/guide/resample"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// Target is one prompt as the loss sees it: the embeddings that the picture should come near to (one of a text, one per
// cutout of an image prompt), its weight and its stop.
type Target struct {
	Embeddings   [][]float32
	Weight, Stop float64
}

// targets are what a run pulls to: texts by phase, and pictures, which stay through all phases.
type targets struct {
	phases [][]Target
	images []Target
	start  bool     // the last of the images is the start picture
	given  []Target // by seeds and vectors, which stay, too
}

// at are the targets of the update after step updates. There are always as many, so that the step that is recorded for one moment serves all: a phase
// with fewer prompts than another one has some that weigh nothing.
func (t targets) at(r recipe.Recipe, step int) []Target {
	others := slices.Concat(t.images, t.given)
	if how := recipe.ImageLoss.In(r); how == "pixels" || how == "style" {
		for i := range t.images {
			others[i].Weight = 0
		}
	}
	if t.start {
		others[len(t.images)-1].Weight = startPull(r, step)
	}
	if len(t.phases) == 0 {
		return others
	}
	p := r.PhaseAt(step, len(t.phases))
	from, to := t.phases[p.From], t.phases[p.To]
	most := 0
	for _, phase := range t.phases {
		most = max(most, len(phase))
	}
	list := make([]Target, 0, most+len(others))
	for i := range most {
		switch {
		case i < len(from) && i < len(to):
			list = append(list, from[i].towards(to[i], p.Blend))
		case i < len(from):
			list = append(list, from[i].weighed(1-p.Blend))
		case i < len(to):
			list = append(list, to[i].weighed(p.Blend))
		default:
			list = append(list, t.phases[0][0].weighed(0)) // any embedding
		}
	}
	return append(list, others...)
}

// startPull is the weight of the start picture as an image prompt.
func startPull(r recipe.Recipe, step int) float64 {
	m := moment{recipe: r.Keyed(step), step: uint32(step)}
	return recipe.InitClip.In(m.recipe) * m.decay()
}

func (t Target) weighed(share float64) Target {
	t.Weight *= share
	return t
}

// towards is a text's target on its way to another one: its embedding goes along the great circle between both, as CLIP compares angles.
func (t Target) towards(to Target, blend float64) Target {
	if blend == 0 {
		return t
	}
	t.Weight += (to.Weight - t.Weight) * blend
	if math.IsInf(t.Stop, 0) || math.IsInf(to.Stop, 0) {
		if blend >= 0.5 {
			t.Stop = to.Stop
		}
	} else {
		t.Stop += (to.Stop - t.Stop) * blend
	}
	t.Embeddings = [][]float32{slerp(t.Embeddings[0], to.Embeddings[0], blend)}
	return t
}

// slerp is the unit vector at a share of the way along the great circle from a to b; see Shoemake, "Animating Rotation with Quaternion
// Curves", SIGGRAPH 1985. Between opposite ones, where every way is as short, it goes through zero.
func slerp(a, b []float32, share float64) []float32 {
	la, lb, dot := 0.0, 0.0, 0.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		la, lb, dot = la+x*x, lb+y*y, dot+x*y
	}
	la, lb = math.Sqrt(la), math.Sqrt(lb)
	angle := math.Acos(max(-1, min(1, dot/(la*lb))))
	fromA, fromB := 1-share, share
	if sin := math.Sin(angle); sin > 1e-6 {
		fromA, fromB = math.Sin((1-share)*angle)/sin, math.Sin(share*angle)/sin
	}
	out := make([]float32, len(a))
	for i := range a {
		out[i] = float32(fromA*float64(a[i])/la + fromB*float64(b[i])/lb)
	}
	return out
}

// textTargets embeds the texts of all phases of a prompt.
func (p *perceptor) textTargets(ctx context.Context, r recipe.Recipe, progress Progress) (phases [][]Target, notices []string, err error) {
	parsed, err := prompt.Parse(recipe.Prompt.In(r))
	if err != nil && !(errors.Is(err, prompt.ErrEmpty) && len(recipe.ImagePrompts.In(r)) > 0) {
		return nil, nil, err
	}
	progress(PhasePrompt, 0, 0)
	var texts []string
	for _, text := range textsOf(r, parsed) {
		pieces := p.model.pieces(text, recipe.LongPrompts.In(r) == "window")
		if len(pieces) == 1 && p.model.truncates(text) {
			notices = append(notices, fmt.Sprintf("CLIP reads only the first %d tokens of “%s”; the rest has no effect.", p.model.manifest.CLIP.ContextLength-2, shorten(text)))
		}
		texts = append(texts, pieces...)
	}
	embeddings, err := p.model.embed(ctx, texts, progress)
	if err != nil {
		return nil, nil, err
	}
	known := map[string][]float32{}
	for i, text := range texts {
		known[text] = embeddings[i]
	}
	next := textsOf(r, parsed)
	for _, phase := range parsed {
		var list []Target
		for _, part := range phase {
			var pieces [][]float32
			for _, piece := range p.model.pieces(next[0], recipe.LongPrompts.In(r) == "window") {
				pieces = append(pieces, known[piece])
			}
			list = append(list, Target{Embeddings: [][]float32{meanDirection(pieces)}, Weight: part.Weight, Stop: part.Stop})
			next = next[1:]
		}
		phases = append(phases, list)
	}
	return phases, notices, nil
}

// textsOf are the texts of all phases, one after another, with what stands before and after each.
func textsOf(r recipe.Recipe, phases [][]prompt.Prompt) (texts []string) {
	for _, phase := range phases {
		for _, p := range phase {
			text := p.Text
			if before := strings.TrimSpace(recipe.PromptPrefix.In(r)); before != "" {
				text = before + " " + text
			}
			if after := strings.TrimSpace(recipe.PromptSuffix.In(r)); after != "" {
				text += " " + after
			}
			texts = append(texts, text)
		}
	}
	return texts
}

// pieces are the windows over a text, each as many words as CLIP reads and half of them those of the one before; or the text itself.
func (m *Model) pieces(text string, window bool) (pieces []string) {
	if !window || !m.truncates(text) {
		return []string{text}
	}
	words := strings.Fields(text)
	for {
		n := sort.Search(len(words), func(n int) bool { return m.truncates(strings.Join(words[:n+1], " ")) })
		n = max(1, n)
		pieces = append(pieces, strings.Join(words[:n], " "))
		if n >= len(words) {
			return pieces
		}
		words = words[max(1, n/2):]
	}
}

// meanDirection is the mean of embeddings as unit vectors; of one, that one.
func meanDirection(list [][]float32) []float32 {
	if len(list) == 1 {
		return list[0]
	}
	mean := make([]float32, len(list[0]))
	for _, e := range list {
		square := 0.0
		for _, v := range e {
			square += float64(v) * float64(v)
		}
		for i, v := range e {
			mean[i] += float32(float64(v) / math.Sqrt(square) / float64(len(list)))
		}
	}
	return mean
}

// givenTargets are those of a recipe that no text or picture makes: directions drawn by seeds, and vectors.
//
// A vector is of the model's own CLIP, and weighs nothing for others.
func (p *perceptor) givenTargets(r recipe.Recipe, own bool) (list []Target, err error) {
	dim := p.model.manifest.CLIP.EmbedDim
	add := func(part prompt.Image, e []float32) {
		list = append(list, Target{Embeddings: [][]float32{e}, Weight: part.Weight, Stop: part.Stop})
	}
	for _, part := range recipe.PartsOf(recipe.NoisePrompts.In(r)) {
		seed, _ := strconv.ParseUint(part.Name, 10, 64) // it was checked
		random, e := ops.NewDraws(seed, 0, 0, drawNoisePrompt), make([]float32, dim)
		for i := range e {
			e[i] = float32(random.Normal())
		}
		add(part, e)
	}
	for _, part := range recipe.PartsOf(recipe.VectorPrompts.In(r)) {
		e := recipe.VectorOf(part.Name)
		if !own {
			part.Weight, e = 0, slices.Repeat([]float32{1}, dim) // any embedding
		}
		if len(e) != dim {
			return nil, fmt.Errorf("A vector prompt has %d numbers, and the embeddings of %.60q have %d: take one of that CLIP.", len(e), p.model.Name(), dim)
		}
		add(part, e)
	}
	return list, nil
}

// shorten keeps the beginning of a text for a message.
func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// embedImages makes each perceptor's targets of a recipe's image prompts, and of the start picture where that pulls like one: of each, one set of
// cutouts is embedded, once. Those that the run had before keep theirs.
func (s *Session) embedImages(ctx context.Context, r recipe.Recipe) error {
	start := s.pullsToStart(r)
	for at := range s.perceptors {
		p := &s.perceptors[at]
		var images []ImageState
		var list []Target
		take := func(name string, known *ImageState, i int, picture *Picture, pixels bool) (err error) {
			e := ImageState{Perceptor: at, Name: name}
			if known != nil {
				e = *known
			}
			if picture == nil && (known == nil || pixels && e.Pixels == nil) {
				return fmt.Errorf("The image prompt %.60q has no picture: open its file again.", name)
			}
			if known == nil {
				if e.Embeddings, err = s.embedImage(ctx, r, p.model, i, *picture); err != nil {
					return err
				}
			}
			if pixels && e.Pixels == nil {
				width, height := s.Size()
				e.Pixels = fittedRGBA(*picture, width, height, "stretch")
			}
			images = append(images, e)
			return nil
		}
		for i, image := range recipe.ImagePrompts.In(r) {
			var picture *Picture
			if given, ok := s.config.Images[image.Name]; ok {
				picture = &given
			}
			if err := take(image.Name, p.embedded(i, image.Name), i, picture, at == 0 && pictures(r)+styles(r) > 0); err != nil {
				return err
			}
			list = append(list, Target{Embeddings: images[i].Embeddings, Weight: image.Weight, Stop: image.Stop})
		}
		if start {
			if err := take(startName, p.embedded(len(p.images), startName), recipe.MaxParts, s.config.Init, false); err != nil {
				return err
			}
			list = append(list, Target{Embeddings: images[len(images)-1].Embeddings, Stop: prompt.NoStop})
		}
		p.images, p.targets.images, p.targets.start = images, list, start
	}
	return nil
}

// startName is the start picture's among the images of a state, where no file's name is empty.
const startName = ""

// pullsToStart says whether the start picture pulls at any time of a recipe as an image prompt does.
func (s *Session) pullsToStart(r recipe.Recipe) bool {
	return recipe.InitClip.In(r.Peak()) > 0 && (s.config.Init != nil || s.perceptors[0].embedded(len(s.perceptors[0].images), startName) != nil)
}

// embedded is the image prompt i if the run has embedded it: the one in its place, if it has that name, for a name may stand twice, each with
// cutouts of its own.
func (p *perceptor) embedded(i int, name string) *ImageState {
	named := func(image ImageState) bool { return image.Name == name }
	if i < len(p.images) && named(p.images[i]) {
		return &p.images[i]
	}
	if i = slices.IndexFunc(p.images, named); i >= 0 {
		return &p.images[i]
	}
	return nil
}

// embedImage embeds with a model's CLIP the cutouts of a picture, which is a recipe's image prompt i.
func (s *Session) embedImage(ctx context.Context, r recipe.Recipe, by *Model, i int, p Picture) ([][]float32, error) {
	spec, m := s.spec(r, make([][]Target, len(s.perceptors))), s.moment(r, imagePromptStep(i))
	spec.Drawing = Drawing{} // its edges do not meet
	spec.CLIP, spec.Image, spec.Further, m.side = by.manifest.CLIP, by.image, nil, by.manifest.CLIP.ImageSize
	m.width, m.height = resample.FitArea(p.Width, p.Height, m.width, m.height)
	rgb := resample.Lanczos(p.rgb(), p.Width, p.Height, m.width, m.height)
	return EmbedPicture(ctx, s.model.device, spec, rgb, m.width, m.height, draw(spec.views(), m))
}
