package selftest

import (
	"fmt"
	"slices"

	"reverie/weights"
)

// figures are what is published of one model.
type figures struct {
	model  string // for people
	is     func(*weights.Manifest) bool
	tokens []tokenFigure
	texts  []textFigure
	images []imageFigure
}

// tokenFigure is a text with its tokens, from start to end.
type tokenFigure struct {
	text   string
	ids    []int32
	source string
}

// embedding is the beginning of a published one.
type embedding struct {
	first  []float32
	unit   bool // it was scaled to length 1
	source string
}

// scaled is an embedding in the published one's length.
func (f embedding) scaled(e []float32) []float32 {
	if f.unit {
		return unit(e)
	}
	return e
}

type textFigure struct {
	text string
	embedding
}

// imageFigure is a picture with its embedding, or with what CLIP takes it for among labels: then first are the probabilities.
type imageFigure struct {
	file   string // without one it is drawn
	labels []string
	embedding
}

func (f imageFigure) what() string {
	picture := f.file
	if picture == "" {
		picture = "a drawn picture"
	}
	if len(f.labels) > 0 {
		return fmt.Sprintf("what %s is taken for", picture)
	}
	return "embedding of " + picture
}

// Sources.
const (
	openAIReadme   = "github.com/openai/CLIP, README.md"
	openAINotebook = "github.com/openai/CLIP, notebooks/Interacting_with_CLIP.ipynb"
	rocca          = "PyTorch's figures at github.com/josephrocca/openai-clip-js, README.md"
	ours           = "PyTorch's figures, weights/train/figures.py"
)

// known are the models of which figures are published. OpenAI's ViT-B/32 is known by its configuration, so that another of its shape differs; the embedded
// pair by its text tower's first shard, so that figures of an earlier pair are not held against a later one.
var known = []figures{
	{
		model:  "OpenAI's CLIP ViT-B/32",
		is:     func(m *weights.Manifest) bool { return m.HasCLIP() && m.CLIP == weights.ViTB32 },
		tokens: []tokenFigure{{"Hello World!", []int32{49406, 3306, 1002, 256, 49407}, openAINotebook}},
		texts: []textFigure{{"a portrait of an astronaut with the American flag", embedding{source: rocca, first: []float32{
			-0.16650, 0.05167, -0.15320, 0.44922, 0.20642, -0.29565, 0.04041, -0.41064, -0.15015, 0.31934,
			-0.06842, -0.25464, 0.12311, -0.09509, 0.24109, -0.04883, 0.26074, 0.00045, 0.20972, 0.36987}}}},
		images: []imageFigure{
			{"CLIP.png", []string{"a diagram", "a dog", "a cat"}, embedding{source: openAIReadme, first: []float32{0.9927937, 0.00421068, 0.00299572}}},
			{"astronaut.png", nil, embedding{source: rocca, first: []float32{
				0.3181, 0.3054, -0.1548, 0.0767, -0.1699, 0.1320, -0.2974, -0.1940, -0.3052, 0.2299, 0.1995, -0.3025, 0.3108, -0.2305, 0.2368}}},
		},
	},
	{
		model: "the embedded pair",
		is: func(m *weights.Manifest) bool {
			const shard = "96e217f06ced28f3f3669b80de20af572298c5da6c35f311c414a2c0fa532589"
			return m.HasCLIP() && slices.ContainsFunc(m.Part(weights.PartText).Shards, func(s weights.Shard) bool { return s.SHA256 == shard })
		},
		tokens: []tokenFigure{{"a blue heart on a white background", []int32{8190, 320, 1746, 1936, 525, 320, 1579, 5994, 8191}, ours}},
		texts: []textFigure{{"a blue heart on a white background", embedding{source: ours, unit: true, first: []float32{
			-0.073139, 0.044451, -0.030871, 0.052516, -0.080727, 0.146270, 0.017532, -0.060805,
			0.022537, -0.062661, -0.175418, -0.094569, -0.038271, 0.054906, 0.010426, 0.047172}}}},
		images: []imageFigure{
			{"", nil, embedding{source: ours, unit: true, first: []float32{
				-0.055292, 0.116125, -0.108349, -0.026174, -0.059196, -0.032806, -0.015821, 0.064326,
				-0.102566, -0.019576, -0.023225, 0.054430, 0.062485, -0.071678, -0.044691, 0.033448}}},
			{"", []string{"a rainbow", "a red apple", "a green tree"}, embedding{source: ours, first: []float32{0.102511, 0.076355, 0.821134}}},
		},
	},
}

// figuresOf are those of a model, or nil.
func figuresOf(m *weights.Manifest) *figures {
	for i := range known {
		if known[i].is(m) {
			return &known[i]
		}
	}
	return nil
}

// Model names the model for whose figures one with that manifest is taken; it is empty where none are known.
func Model(m *weights.Manifest) string {
	if f := figuresOf(m); f != nil {
		return f.model
	}
	return ""
}

// Known names the models of which figures are published.
func Known() []string {
	var names []string
	for _, f := range known {
		names = append(names, f.model)
	}
	return names
}

// Wanted names the pictures that figures are of, each once.
func Wanted() []string {
	var names []string
	for _, f := range known {
		for _, i := range f.images {
			if i.file != "" && !slices.Contains(names, i.file) {
				names = append(names, i.file)
			}
		}
	}
	return names
}
