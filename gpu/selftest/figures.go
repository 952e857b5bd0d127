package selftest

import "reverie/weights"

// figures are what is published of one model's reading; pictures.go has what is published of its seeing.
type figures struct {
	model  string // for people
	is     func(*weights.Manifest) bool
	tokens []tokenFigure
	texts  []textFigure
}

// tokenFigure is a text with its tokens, from start to end.
type tokenFigure struct {
	text   string
	ids    []int32
	source string
}

// textFigure is a text with the beginning of its embedding.
type textFigure struct {
	text   string
	unit   bool // the embedding was scaled to length 1
	first  []float32
	source string
}

// Sources.
const (
	openAIReadme   = "github.com/openai/CLIP, README.md"
	openAINotebook = "github.com/openai/CLIP, notebooks/Interacting_with_CLIP.ipynb"
	rocca          = "PyTorch's figures at github.com/josephrocca/openai-clip-js, README.md"
	ours           = "PyTorch's figures, weights/train/figures.py"
)

// The models of which figures are published, as people are told.
const (
	openAI   = "OpenAI's CLIP ViT-B/32"
	embedded = "the embedded pair"
)

// known are the models of which figures are published. OpenAI's ViT-B/32 is known by its configuration, so that another of its shape differs; the embedded
// pair by its text tower's first shard, so that figures of an earlier pair are not held against a later one.
var known = []figures{
	{
		model:  openAI,
		is:     func(m *weights.Manifest) bool { return m.HasCLIP() && m.CLIP == weights.ViTB32 },
		tokens: []tokenFigure{{"Hello World!", []int32{49406, 3306, 1002, 256, 49407}, openAINotebook}},
		texts: []textFigure{{"a portrait of an astronaut with the American flag", false, []float32{
			-0.16650, 0.05167, -0.15320, 0.44922, 0.20642, -0.29565, 0.04041, -0.41064, -0.15015, 0.31934,
			-0.06842, -0.25464, 0.12311, -0.09509, 0.24109, -0.04883, 0.26074, 0.00045, 0.20972, 0.36987}, rocca}},
	},
	{
		model: embedded,
		is: func(m *weights.Manifest) bool {
			const shard = "96e217f06ced28f3f3669b80de20af572298c5da6c35f311c414a2c0fa532589"
			text := m.Part(weights.PartText)
			return text != nil && len(text.Shards) > 0 && text.Shards[0].SHA256 == shard
		},
		tokens: []tokenFigure{{"a blue heart on a white background", []int32{8190, 320, 1746, 1936, 525, 320, 1579, 5994, 8191}, ours}},
		texts: []textFigure{{"a blue heart on a white background", true, []float32{
			-0.073139, 0.044451, -0.030871, 0.052516, -0.080727, 0.146270, 0.017532, -0.060805,
			0.022537, -0.062661, -0.175418, -0.094569, -0.038271, 0.054906, 0.010426, 0.047172}, ours}},
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
