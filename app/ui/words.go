package ui

import (
	"time"

	"reverie/recipe"
)

// What the page says that is no option's own word, and that does not depend on what goes on: the rest is with the state that it tells.
const (
	tagline = "A few words become a picture, before your eyes"
	where   = "on your own graphics card"
	played  = "“a blue heart on a white background”" // what the recorded run makes: see make recording
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

	dropHere = "Drop it anywhere: one of Reverie’s pictures brings its settings back, any other is the start picture, a text is the prompt, a zip brings all its pictures."

	queuePromptLabel = "Prompt of a run that waits"
	queueHint        = "empty: this prompt, another seed"
	queueHelp        = "Each run begins when the one before is done, with the settings that the page had when it was added. Stop stops the queue, too."
	trialsTitle      = "Choose one to go on large"
	trialsHelp       = "Four small, quick pictures of the prompt, of which one can go on large"

	insideNoRun = "Start a run, and every station shows what goes on inside it, step by step."
	insideSoon  = "The next step shows here in a moment."
	insideEnded = "This run has ended: press Continue, or start another one, to see inside its steps."
	stripesHelp = "Orange is above zero, blue below. Where the stripes agree, the match is good."
	mapHelp     = "Places of one colour have the same code. A frame marks those that changed."

	glossaryTitle   = "Glossary"
	glossaryMissing = "The glossary cannot be fetched: check the connection and try again."

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

// explained is an option with its name in plain words, beside which its label stands as the field's term, and the glossary's entry about it.
type explained struct {
	Option *recipe.Option
	Plain  string
	Term   string
}

// steerings are the numbers that may change during a run.
var steerings = []explained{
	{recipe.LearningRate.Option, "Boldness", "learning-rate"},
	{recipe.Smoothness.Option, "Calm grounds", "smoothness"},
	{recipe.CutPow.Option, "Close-ups", "cut-power"},
	{recipe.InitWeight.Option, "Faithful to the start", "start-picture"},
	{recipe.WeightDecay.Option, "Forgetting", "weight-decay"},
	{recipe.Flip.Option, "Mirrored views", "augmentation"},
	{recipe.Sharpness.Option, "Soft views", "augmentation"},
	{recipe.Affine.Option, "Turned views", "augmentation"},
	{recipe.Perspective.Option, "Slanted views", "augmentation"},
	{recipe.Jitter.Option, "Recoloured views", "augmentation"},
	{recipe.Erase.Option, "Covered views", "augmentation"},
	{recipe.Noise.Option, "Grainy views", "noise"},
}

// effort is how much a run does, in a word.
type effort struct {
	Word  string
	Steps int
	Wait  time.Duration // that people wait for it; a device that takes longer makes smaller pictures
}

var efforts = []effort{{"Quick", 60, time.Minute}, {"Balanced", 150, 5 * time.Minute}, {"Fine", 400, 20 * time.Minute}}

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

// station is one of the seven through which the loop goes, with a word for it, what happens there in plain words, and the field's term.
type station struct {
	ID, Word, Title, Term string
	Text                  string
}

var stations = []station{
	{"latent", "latent z", "A grid of tokens", "latent z",
		"What is being made is not pixels but a small grid of numbers, the latent z. Each place of the grid takes the code that it is nearest to, out of a fixed list, the codebook: such a place is a token."},
	{"decoder", "paint", "VQGAN paints", "decoder",
		"The decoder, the painting half of VQGAN, turns the grid of codes into pixels. It has learnt from many pictures which codes belong side by side, so that edges and surfaces look right. It does not know your words, and it does not change while the picture forms."},
	{"cutouts", "cut", "Pieces are cut out", "cutouts and augmentations",
		"CLIP takes small squares only, so pieces of random size and place are cut out: the cutouts. Each is turned, mirrored or made grainy a little, by augmentations. What looks right in all of these views is no trick that fools CLIP once."},
	{"clip", "look", "CLIP looks", "embedding",
		"CLIP turns each cutout into a list of numbers, its embedding, and it did the same with your words. It has learnt from pictures with captions to give both nearly the same list where they mean the same. Choose a cutout to lay its numbers beside those of your words."},
	{"distance", "match", "How far from your words", "distance and loss",
		"The angle between a cutout's embedding and that of your words is their spherical distance: 0 is a perfect match, 1.23 a right angle. The mean over all cutouts times the prompt weight is the loss, one number for how wrong the picture is."},
	{"backward", "trace back", "Where it pulls", "backward pass",
		"Now the loop goes backwards: from the loss through CLIP, the cutouts and the decoder it is worked out how each pixel, and then each number of z, should change to make the loss smaller. That is the gradient. It glows where a change helps most."},
	{"adam", "nudge", "A small step", "optimiser",
		"The optimiser, Adam as a rule, moves z a little against the gradient: as far as the learning rate says, and more steadily where gradients keep pointing the same way. It glows where z moved most. That was one step, and the loop begins anew."},
}

// term is one of the glossary's, with the words that stand for it in the page's texts. What it means is in web/glossary.json, which is fetched
// when somebody asks.
type term struct {
	ID    string
	Words []string
}

var terms = []term{
	{"clip", []string{"CLIP"}},
	{"vqgan", []string{"VQGAN"}},
	{"latent", []string{"latent z", "latents", "latent"}},
	{"token", []string{"tokens", "token"}},
	{"codebook", []string{"codebook"}},
	{"code", []string{"codes", "code"}},
	{"decoder", []string{"decoder"}},
	{"encoder", []string{"encoder"}},
	{"cutout", []string{"cutouts", "cutout"}},
	{"augmentation", []string{"augmentations", "augmentation"}},
	{"embedding", []string{"embeddings", "embedding"}},
	{"distance", []string{"spherical distance", "distance"}},
	{"loss", []string{"loss"}},
	{"gradient", []string{"gradients", "gradient"}},
	{"backward", []string{"backward pass", "backwards"}},
	{"optimiser", []string{"optimiser"}},
	{"adam", []string{"AdamW", "RAdam", "Adam"}},
	{"learning-rate", []string{"learning rate"}},
	{"step", []string{"one step", "per step"}},
	{"prompt", []string{"prompts", "prompt"}},
	{"prompt-weight", []string{"prompt weight"}},
	{"image-prompt", []string{"image prompts", "image prompt"}},
	{"stop", []string{":stop"}},
	{"phase", []string{"phases", "phase"}},
	{"seed", []string{"seed"}},
	{"preset", []string{"preset"}},
	{"cut-power", []string{"cut power"}},
	{"smoothness", []string{"total variation"}},
	{"start-picture", []string{"start picture"}},
	{"weight-decay", []string{"weight decay"}},
	{"region", []string{"region", "regions"}},
	{"noise", []string{"noisy", "noise"}},
	{"precision", []string{"half precision"}},
	{"model", []string{"models", "model"}},
	{"kernel", []string{"kernels", "kernel"}},
	{"webgpu", []string{"WebGPU"}},
	{"straight-through", []string{"straight-through"}},
}

// settingNames are those of the settings whose label is a term.
var settingNames = []explained{
	{recipe.Steps.Option, "How many rounds", "step"},
	{recipe.Cutouts.Option, "Views in each round", "cutout"},
	{recipe.Seed.Option, "Which random draw", "seed"},
	{recipe.Preset.Option, "How the views are made", "preset"},
	{recipe.Augment.Option, "How the views are varied", "augmentation"},
	{recipe.Optimizer.Option, "How a round moves the picture", "optimiser"},
	{recipe.InitLoss.Option, "What the start pulls to", "start-picture"},
	{recipe.PhaseSteps.Option, "How long a part lasts", "phase"},
	{recipe.PhaseOrder.Option, "What follows the last part", "phase"},
	{recipe.PhaseBlend.Option, "How softly parts change", "phase"},
	{recipe.Precision.Option, "How exactly it computes", "precision"},
}

// What the page says of pictures.
const (
	copyPicture    = "Copy picture"
	sharePicture   = "Share with an app"
	saveLarge      = "Save 4× larger"
	saveBare       = "Save without settings"
	fileCarries    = "The file of a picture carries its prompt and all settings. Chat programs and the clipboard strip them: send it as a file, or send the link."
	pictureCopied  = "The picture is on the clipboard, as it looks. The clipboard strips its settings: only the file keeps them."
	noClipboard    = "The browser does not let the page copy: save the picture, or mark and copy yourself."
	enlarging      = "Enlarging the picture."
	offlineText    = "Ready to work offline: the page and the model %s are on this device."
	notifyRefused  = "The browser does not let the page notify: allow it in the browser’s settings for this site."
	stepsLater     = "Its steps can be looked at once the engine is ready for them."
	stepsElsewhere = "Its steps can be looked at once the model %s is on this device: it is under Model."
	stepsBusy      = "Its steps can be looked at once the run has ended, which has another model."
	compareWith    = "Choose the picture to compare with:"
	clearUndo      = "A note lets you undo this for a short while."
	importHelp     = "A zip that Export all has saved, or one picture with settings."
)
