// Command guidance compares ways of guiding, at equal work, by a judge that did not guide.
//
//	go run ./tools/guidance [-run REGEXP] [-prompts N] [-seeds N] [-size N] [-steps N] [-host lavapipe]
//
// Each variant of the table paints the same prompts from the same seeds with the embedded pair, in the engine of the page, with as many steps as the work
// of the default's steps pays for. The judge of make eval-mini ranks each picture's prompt among all prompts of weights/train/prompts.txt. Pictures and
// results stay in weights/train/runs/guidance, so that a run that was stopped goes on.
//
// The program is built twice: natively it plans, keeps and judges, for js/wasm it paints.
package main

// variant is one way of guiding: the options in which it differs from the default, as JSON.
type variant struct {
	name    string
	options string
	// coarse, if not 0, is the share of the work that is spent on a picture of half the size, whose tokens the rest begins with.
	coarse float64
}

// base is what the others are compared with: the default and what the model suggests.
const base = "default"

// variants is the table. An option that this build lacks leaves its variant out.
var variants = []variant{
	{name: base, options: `{}`},

	// How large cutouts are. The embedded pair suggests 0.3.
	{name: "cut-pow-0.1", options: `{"cut_pow":0.1}`},
	{name: "cut-pow-0.6", options: `{"cut_pow":0.6}`},
	{name: "cut-pow-1", options: `{"cut_pow":1}`},
	{name: "cut-pow-rising", options: `{"keyframes":"cut_pow 0:(0.1), 60:(1)"}`},
	{name: "reverie-cut-pow-0.1", options: `{"preset":"reverie","cut_pow":0.1}`},
	{name: "reverie-cut-pow-1", options: `{"preset":"reverie","cut_pow":1}`},

	// Fewer cutouts and more steps, or the other way round.
	{name: "cuts-2", options: `{"cutouts":2}`},
	{name: "cuts-4", options: `{"cutouts":4}`},
	{name: "cuts-8", options: `{"cutouts":8}`},
	{name: "cuts-32", options: `{"cutouts":32}`},

	// By what they agree in.
	{name: "coherence-0.5", options: `{"coherence":0.5}`},
	{name: "coherence-1", options: `{"coherence":1}`},

	// What is done to them.
	{name: "augment-all", options: `{"augment":"all"}`},
	{name: "noise-0", options: `{"aug_noise":0}`},
	{name: "noise-half", options: `{"aug_noise":0.5}`},
	{name: "noise-double", options: `{"aug_noise":2}`},
	{name: "affine-0", options: `{"aug_affine":0}`},
	{name: "affine-half", options: `{"aug_affine":0.5}`},
	{name: "perspective-0", options: `{"aug_perspective":0}`},
	{name: "flip-only", options: `{"augmentations":"flip"}`},
	{name: "resized", options: `{"augmentations":"flip affine perspective resized"}`},
	{name: "flip-perspective-noise", options: `{"augmentations":"flip perspective gauss"}`},

	// Whole lineages.
	{name: "preset-zq", options: `{"preset":"zq"}`},
	{name: "preset-pool", options: `{"preset":"pool"}`},
	{name: "preset-latest", options: `{"preset":"latest"}`},
	{name: "preset-nrupdated", options: `{"preset":"nrupdated"}`},
	{name: "preset-pytti", options: `{"preset":"pytti"}`},
	{name: "preset-pixray", options: `{"preset":"pixray"}`},
	{name: "preset-reverie", options: `{"preset":"reverie"}`},

	// Optimisers, at the rate that the pair suggests for Adam.
	{name: "adamw", options: `{"optimizer":"adamw"}`},
	{name: "radam", options: `{"optimizer":"radam"}`},
	{name: "schedule-free", options: `{"optimizer":"schedule-free"}`},
	{name: "adagrad", options: `{"optimizer":"adagrad"}`},
	{name: "adamax", options: `{"optimizer":"adamax"}`},
	{name: "rmsprop", options: `{"optimizer":"rmsprop"}`},
	{name: "diffgrad", options: `{"optimizer":"diffgrad"}`},
	{name: "adamp", options: `{"optimizer":"adamp"}`},

	// Rates and their schedules. The pair suggests 0.15.
	{name: "rate-0.05", options: `{"learning_rate":0.05}`},
	{name: "rate-0.1", options: `{"learning_rate":0.1}`},
	{name: "rate-0.2", options: `{"learning_rate":0.2}`},
	{name: "rate-0.3", options: `{"learning_rate":0.3}`},
	{name: "cosine", options: `{"rate_schedule":"cosine"}`},
	{name: "cosine-0.3", options: `{"rate_schedule":"cosine","learning_rate":0.3}`},
	{name: "drop", options: `{"rate_schedule":"drop"}`},
	{name: "plateau", options: `{"rate_schedule":"plateau"}`},

	// The ground. The pair suggests 0.25.
	{name: "smoothness-0", options: `{"smoothness":0}`},
	{name: "smoothness-0.5", options: `{"smoothness":0.5}`},
	{name: "smoothness-1", options: `{"smoothness":1}`},

	// Where it begins.
	{name: "start-uniform", options: `{"start":"uniform"}`},
	{name: "start-pixels", options: `{"start":"pixels"}`},
	{name: "start-gradient", options: `{"start":"gradient"}`},
	{name: "start-fractal", options: `{"start":"fractal"}`},
	{name: "best-of-8", options: `{"best_of":8}`},

	// The mean of the latent's way in place of its end.
	{name: "averaging-0.9", options: `{"averaging":0.9}`},
	{name: "averaging-0.95", options: `{"averaging":0.95}`},

	// Coarse to fine.
	{name: "coarse-0.25", options: `{}`, coarse: 0.25},
	{name: "coarse-0.5", options: `{}`, coarse: 0.5},

	// Together, what each promises by itself.
	{name: "reverie-cuts-4", options: `{"preset":"reverie","cutouts":4}`},
	{name: "reverie-cuts-4-cosine", options: `{"preset":"reverie","cutouts":4,"rate_schedule":"cosine","learning_rate":0.3}`},
	{name: "cuts-8-cosine", options: `{"cutouts":8,"rate_schedule":"cosine","learning_rate":0.2}`},
	{name: "reverie-cuts-4-cosine-coherence", options: `{"preset":"reverie","cutouts":4,"rate_schedule":"cosine","learning_rate":0.3,"coherence":1}`},
	{name: "cuts-8-coarse", options: `{"cutouts":8}`, coarse: 0.25},
}

// job is one picture to paint: scripts that follow one another, each from the tokens of the one before.
type job struct {
	Name    string   `json:"name"`
	Scripts []string `json:"scripts"` // recipe.Script as JSON, suggested and checked
}

// The line in which the painter hands a picture over: this word, the job's name, seconds, the last loss and the PNG in base64.
const painted = "painted"
