package ui

import "reverie/recipe"

// What the page says that is no option's own word, and that does not depend on what goes on: the rest is with the state that it tells.
const (
	tagline = "A few words become a picture, before your eyes"
	where   = "on your own graphics card"
	privacy = "Runs on your device. Nothing is uploaded."
	about   = "VQGAN+CLIP on WebGPU. The same seed, settings and GPU give the same picture; other GPUs give one very much like it."

	promptHint = "a lighthouse in a storm, watercolour"
	promptHelp = "As in “roses | fog:0.5 | text:-0.3”. Enter starts, Shift+Enter begins a line."

	tryTitle  = "Try one"
	steerNote = "A change is felt from the next step on, and the picture’s file remembers it."
	liveTitle = "How boldly, how calmly"
	onePhase  = "A prompt of several phases is changed where it is written."

	placesTitle = "Paint where"
	placesHelp  = "Choose one, and paint on the picture. A prompt that is painted nowhere pulls everywhere."
	regionHelp  = "The prompt pulls where you paint, and nowhere else. Parts of the picture that CLIP looks at count as much as they show of it."
	dreamHelp   = "Where you paint, the picture is drawn again at random, once: at once while it runs, else as it begins."
	paintKeys   = "Draw with the pointer. With the keyboard: arrow keys move, Space paints, Delete erases, Ctrl+Z undoes, Esc ends."
	showMasks   = "Show what is painted"

	dropHere = "Drop it anywhere: one of Reverie’s pictures brings its settings back, any other is the start picture, a text is the prompt."

	queuePromptLabel = "Prompt of a run that waits"
	queueHint        = "empty: this prompt, another seed"
	queueHelp        = "Each run begins when the one before is done, with the settings that the page had when it was added. Stop stops the queue, too."
	trialsTitle      = "Small pictures: choose one to go on large"
	trialsHelp       = "Four small, quick pictures of the prompt, of which one can go on large"

	benchmarkHelp = "Benchmark measures this GPU for some seconds. Its results say how long a step takes here and which kernels it runs, and belong to every report of a slow run."
	kernelsHelp   = "Kernels are chosen by timing them at the first run on a GPU. They all give the same picture: ?tune=again behind this page's address times them again, ?tune=off never does."
)

// Examples are prompts that a person can click. The embedded pair makes something recognisable of each: see its samples.
var Examples = []string{
	"a yellow star",
	"a blue heart",
	"a smiling face",
	"a green tree",
	"a snowman",
	"a birthday cake",
}

// subjects are what “Surprise me” draws from.
var subjects = []string{
	"a red apple", "a yellow star", "a green tree", "a snowman", "a birthday cake", "a blue fish", "a hot air balloon", "a lighthouse",
	"a castle", "an owl", "a rocket", "a sailing boat", "a sunflower", "an orange cat", "a mushroom", "a full moon over hills",
}

// style is words that are known to turn a picture, of one kind.
type style struct {
	Kind  string
	Words []string
}

var styles = []style{
	{"Medium", []string{"watercolour", "oil painting", "pencil drawing", "woodcut", "mosaic", "stained glass", "pixel art"}},
	{"Light", []string{"golden hour", "moonlight", "neon light", "soft light", "backlit", "fog"}},
	{"Manner", []string{"impressionism", "art nouveau", "cubism", "surrealism", "ukiyo-e", "minimalism", "baroque"}},
	{"Detail", []string{"intricate", "flat colours", "bold outlines", "close-up", "wide view", "on a white background"}},
}

// steering is a number that may change during a run, with a plain word for what it does to the picture.
type steering struct {
	Option *recipe.Option
	Plain  string
}

var steerings = []steering{
	{recipe.LearningRate.Option, "Boldness"},
	{recipe.Smoothness.Option, "Calm grounds"},
	{recipe.CutPow.Option, "Close-ups"},
	{recipe.InitWeight.Option, "Faithful to the start"},
	{recipe.WeightDecay.Option, "Forgetting"},
	{recipe.Flip.Option, "Mirrored views"},
	{recipe.Sharpness.Option, "Soft views"},
	{recipe.Affine.Option, "Turned views"},
	{recipe.Perspective.Option, "Slanted views"},
	{recipe.Jitter.Option, "Recoloured views"},
	{recipe.Erase.Option, "Covered views"},
	{recipe.Noise.Option, "Grainy views"},
}

// effort is how much a run does, in a word.
type effort struct {
	Word  string
	Steps int
}

var efforts = []effort{{"Quick", 60}, {"Balanced", 150}, {"Fine", 400}}

// shortcut is a key and what it does.
type shortcut struct{ Key, Does string }

var shortcuts = []shortcut{
	{"Enter", "start, from the prompt"},
	{"Ctrl + ↑ ↓", "weigh the prompt’s part at the cursor, or the words that are marked"},
	{"Ctrl + Z", "undo the last stroke of the brush"},
	{"Space", "pause and resume"},
	{"Esc", "stop; close what is open"},
	{"S", "download the picture"},
	{"C", "copy a link to the settings"},
	{"← →", "look a step back or forward over the run"},
	{"/", "go to the prompt"},
	{"?", "show these keys"},
}
