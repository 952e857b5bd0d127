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
	if recipe.ImageLoss.In(r) == "pixels" {
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
func (s *Session) textTargets(ctx context.Context, r recipe.Recipe, progress Progress) (phases [][]Target, notices []string, err error) {
	parsed, err := prompt.Parse(recipe.Prompt.In(r))
	if err != nil && !(errors.Is(err, prompt.ErrEmpty) && len(recipe.ImagePrompts.In(r)) > 0) {
		return nil, nil, err
	}
	progress(PhasePrompt, 0, 0)
	var texts []string
	for _, text := range textsOf(r, parsed) {
		pieces := s.model.pieces(text, recipe.LongPrompts.In(r) == "window")
		if len(pieces) == 1 && s.model.truncates(text) {
			notices = append(notices, fmt.Sprintf("CLIP reads only the first %d tokens of “%s”; the rest has no effect.", s.model.manifest.CLIP.ContextLength-2, shorten(text)))
		}
		texts = append(texts, pieces...)
	}
	embeddings, err := s.model.embed(ctx, texts, progress)
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
		for _, p := range phase {
			var pieces [][]float32
			for _, piece := range s.model.pieces(next[0], recipe.LongPrompts.In(r) == "window") {
				pieces = append(pieces, known[piece])
			}
			list = append(list, Target{Embeddings: [][]float32{meanDirection(pieces)}, Weight: p.Weight, Stop: p.Stop})
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
func (s *Session) givenTargets(r recipe.Recipe) (list []Target, err error) {
	dim := s.model.manifest.CLIP.EmbedDim
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
		if len(e) != dim {
			return nil, fmt.Errorf("A vector prompt has %d numbers, and the embeddings of %.60q have %d: take one of that CLIP.", len(e), s.model.Name(), dim)
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

// embedImages makes the targets of a recipe's image prompts: of each, one set of cutouts is embedded, once. Those that the run had before
// keep theirs.
func (s *Session) embedImages(ctx context.Context, r recipe.Recipe) error {
	var images []ImageState
	var list []Target
	for i, image := range recipe.ImagePrompts.In(r) {
		e, known := ImageState{Name: image.Name}, s.embedded(i, image.Name)
		if known != nil {
			e = *known
		}
		p, ok := s.config.Images[image.Name]
		if !ok && (known == nil || pictures(r) > 0 && e.Pixels == nil) {
			return fmt.Errorf("The image prompt %.60q has no picture: open its file again.", image.Name)
		}
		if known == nil {
			var err error
			if e.Embeddings, err = s.embedImage(ctx, r, i, p); err != nil {
				return err
			}
		}
		if pictures(r) > 0 && e.Pixels == nil {
			width, height := s.size()
			e.Pixels = fittedRGBA(p, width, height, "stretch")
		}
		images = append(images, e)
		list = append(list, Target{Embeddings: images[i].Embeddings, Weight: image.Weight, Stop: image.Stop})
	}
	start := s.pullsToStart(r)
	if start {
		e := ImageState{Name: startName}
		if known := s.embedded(len(s.images), startName); known != nil {
			e = *known
		} else {
			var err error
			if e.Embeddings, err = s.embedImage(ctx, r, recipe.MaxParts, *s.config.Init); err != nil {
				return err
			}
		}
		images, list = append(images, e), append(list, Target{Embeddings: e.Embeddings, Stop: prompt.NoStop})
	}
	s.images, s.targets.images, s.targets.start = images, list, start
	return nil
}

// startName is the start picture's among the images of a state, where no file's name is empty.
const startName = ""

// pullsToStart says whether the start picture pulls at any time of a recipe as an image prompt does.
func (s *Session) pullsToStart(r recipe.Recipe) bool {
	return recipe.InitClip.In(r.Peak()) > 0 && (s.config.Init != nil || s.embedded(len(s.images), startName) != nil)
}

// embedded is the image prompt i if the run has embedded it: the one in its place, if it has that name, for a name may stand twice, each with
// cutouts of its own.
func (s *Session) embedded(i int, name string) *ImageState {
	named := func(image ImageState) bool { return image.Name == name }
	if i < len(s.images) && named(s.images[i]) {
		return &s.images[i]
	}
	if i = slices.IndexFunc(s.images, named); i >= 0 {
		return &s.images[i]
	}
	return nil
}

// embedImage embeds the cutouts of a picture, which is a recipe's image prompt i.
func (s *Session) embedImage(ctx context.Context, r recipe.Recipe, i int, p Picture) ([][]float32, error) {
	spec, m := s.spec(r, nil), s.moment(r, imagePromptStep(i))
	spec.Drawing = Drawing{} // its edges do not meet
	m.width, m.height = resample.FitArea(p.Width, p.Height, m.width, m.height)
	rgb := resample.Lanczos(p.rgb(), p.Width, p.Height, m.width, m.height)
	return EmbedPicture(ctx, s.model.device, spec, rgb, m.width, m.height, draw(spec.views(), m))
}
