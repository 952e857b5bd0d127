package ui

import (
	"time"

	"reverie/recipe"
)

// All that the page says and that is no option’s own word, so that a translation is one file. What stands in the sentences with a verb of fmt is said where they are used.
const (
	tagline = "A few words become a picture, before your eyes"
	where   = "on your own graphics card"
	played  = "“a blue heart on a white background”" // what the recorded run makes: see make recording
	privacy = "Runs on your device. Nothing is uploaded."
	about   = "VQGAN+CLIP on WebGPU. The same seed, settings and GPU give the same picture; other GPUs give one very much like it."

	promptHint = "a lighthouse in a storm, watercolour"
	promptHelp = "As in “roses | fog:0.5 | text:-0.3”. Enter starts, Shift+Enter begins a line."

	theExample = "The example"

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

	dropHere = "Drop it anywhere: one of Reverie’s pictures brings its settings back, any other is the start picture, a text is the prompt, a zip brings all its pictures, the files of a model become one."

	earlyPress = "The run begins as soon as the rest of the page is here."
	earlyDrop  = "What you dropped is opened as soon as the rest of the page is here."

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
	kernelsHelp   = "Kernels are chosen by timing them at the first run on a GPU. They all give the same picture: ?tune=again behind this page's address times them again, ?tune=off never does; ?gpu=low-power takes the frugal one of two GPUs."
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
	offlineText    = "Ready to work offline, with %s."
	notifyRefused  = "The browser does not let the page notify: allow it in the browser’s settings for this site."
	stepsLater     = "Its steps can be looked at once the engine is ready for them."
	stepsElsewhere = "Its steps can be looked at once the model %s is on this device: it is under Model."
	stepsBusy      = "Its steps can be looked at once the run has ended, which has another model."
	compareWith    = "Choose the picture to compare with:"
	clearUndo      = "A note lets you undo this for a short while."
	importHelp     = "A zip that Export all has saved, or one picture with settings."
)

// Of painting.
const (
	leftHalf         = "Left half"
	rightHalf        = "Right half"
	topHalf          = "Top half"
	bottomHalf       = "Bottom half"
	heldName         = "what is held still"
	dreamtName       = "what is dreamt anew"
	regionName       = "where “%s” pulls"
	paintingText     = "Painting %s."
	paintedWord      = "Painted"
	erasedWord       = "Erased"
	strokeText       = "%s at %s."
	cursorPainted    = ", painted"
	cursorPlace      = "column %d of %d, row %d of %d"
	alreadyDreamt    = "What was dreamt anew is drawn already: there is nothing to erase."
	dreamingText     = "Dreaming a part of the picture anew."
	dreamtText       = "What was dreamt anew is drawn: look back with the slider Step, and Fork there."
	strokeUndone     = "The last stroke is undone."
	nothingPainted   = "Nothing is painted: prompts pull everywhere."
	removingPart     = "Removing “%s”"
	otherEmphasis    = "“%s” is another tool's way to weigh a word. Here each part has a weight: “%s”."
	rewrittenPrompt  = "The rewritten prompt"
	clearPaint       = "Clear all that is painted"
	brushSizeLabel   = "Brush size"
	paintAtOnce      = "Paint at once"
	everywhereButton = "Everywhere"
	nowhereButton    = "Nowhere"
	promptNumber     = "Prompt %d"
	paintWhere       = "Paint where %s pulls"
	eraseButton      = "Erase"
	undoStroke       = "Undo stroke"
	doneButton       = "Done"
	paintLabel       = "Paint %s"
)

// Of the composer, its chips and messages, and of the fields.
const (
	ownShape            = "Own shape"
	pressStart          = " Press Start to make the picture."
	shapeSquare         = "Square"
	shapePortrait       = "Portrait"
	shapeWide           = "Wide"
	sizeLabel           = "Size"
	endlessChip         = "Endless"
	oneStepChip         = "1 step"
	aboutTime           = " · about %s"
	seedChip            = "Seed %s"
	newSeedChip         = "Seed: new"
	styleChip           = "Style"
	styleCountChip      = "Style · %d"
	theSurprise         = "The surprise"
	smallerSize         = "Ready. Pictures of %d × %d would take about %s on this device, so %d × %d is chosen. You can change it."
	composerLabel       = "Composer"
	startsFrom          = "The next run starts from %s."
	canBeStart          = "%s can be the start picture, too."
	undoButton          = "Undo"
	writePlainButton    = "Write it so"
	newRunButton        = "Start a new run"
	dropChangesButton   = "Drop the changes"
	removeStartButton   = "Remove start picture"
	useAsStartButton    = "Use it as start picture"
	pauseButton         = "Pause"
	resumeButton        = "Resume"
	startButton         = "Start"
	quickSettings       = "Quick settings"
	shapeLabel          = "Shape"
	lengthLabel         = "Length"
	drawsLabel          = "Random draws"
	styleLabel          = "Words of style"
	surpriseButton      = "Surprise me"
	fourSeedsButton     = "4 seeds"
	queueLabel          = "Queue of runs"
	anotherNumber       = "Another number"
	newSeedEachTime     = "A new one each time"
	keepSeed            = "Keep this one"
	typeSeed            = "Type one"
	imageWithoutPicture = "The image prompt %.60q has no picture: open its file beside its name, or remove it."
	imageWeightProblem  = "The weight of the image prompt %.60q is %.20q: write a number like 1."
	imageStopProblem    = "The stop of the image prompt %.60q is %.20q: write a number, or nothing."
	promptAndSettings   = "prompt and settings"
	replacedText        = "%s replaced your %s."
	formIsBack          = "Your prompt and settings are back."
	isPromptNow         = "%s is the prompt now."
	beginsWithGPU       = "The run begins as soon as your GPU is found."
	emptyDrop           = "What you dropped has no text and no file that the page can read."
	theText             = "The text"
	textIsPrompt        = "The text that you dropped is the prompt now."
	runTakesIt          = " The run takes what it can from its next step on."
	modelsOwn           = " Left empty, the model's own."
	newOne              = "a new one"
	lockSeedLabel       = "Lock seed"
	lockSeedHelp        = "Else each run gets a new one."
	forecastMemory      = "This takes about %s of GPU memory"
	forecastPace        = " and %s"
	promptTokens        = "The prompt"
	longestTokens       = "The prompt’s longest text"
	tokensText          = "%s has %s, and the model reads %d"
	tokensLost          = ": what comes after that has no effect"
	pixelsChip          = "%d px"
	sidesChip           = "%d × %d px"
	effortChip          = "%s · %s steps"
	stepsChip           = "%s steps"
	effortChoice        = "%s · %d steps"
	minutesText         = "%d min"
	hoursText           = "%.1f hours"
	forecastWhole       = ": %s for %s"
)

// Of what is opened, dropped or followed.
const (
	fileUnreadable     = "The file %s cannot be read: %w."
	sharedPicture      = "the shared picture"
	openingFile        = "Opening %s."
	settingsRestored   = "The settings of %s are restored."
	pressStartAgain    = " Press Start to make the picture again."
	foreignStart       = "%s carries no settings. It is the start picture now."
	takesNewRun        = " It takes effect in a new run."
	foreignTool        = "The file comes from %s and does not tell everything; the rest is as usual."
	startedFromPicture = "The run started from the picture %.60q: open that file as well to repeat it."
	hasImagePrompt     = "The run has the image prompt %.60q: open that file beside its name, under Settings."
	startRemoved       = "The start picture is removed."
	theLink            = "The link"
	linkInForm         = "The link's settings are in the form."
	modelMissing       = "This site does not have the model %.60q; %q is chosen instead."
	changesDropped     = "The next run does not change on its way."
	changeFrom         = "%s from step %d on"
	changesOnTheWay    = "The next run changes on its way, as the one of the picture did: %s."
	imagePromptAlready = "%s is an image prompt already."
	imagePromptNow     = "%s is an image prompt now."
	imagePromptRemoved = "The image prompt %s is removed."
	andMore            = "and %d more"
)

// Of runs and what goes on.
const (
	looking            = "Looking for your GPU."
	startingAgain      = "Starting the engine again."
	changingText       = "Changing %s."
	changedFrom        = "From step %d on: %s."
	newRunEffect       = "%s %s effect in a new run."
	listEnd            = "%s and %s"
	startNotKept       = "The browser has not kept the start picture %.60q: open it again."
	isReady            = "Ready."
	runNotKept         = "The browser keeps nothing of this run, so closing the page loses it: download its picture in time."
	engineBusy         = "The engine is busy or not there: wait for it, or stop the run first."
	theScript          = "The script"
	noRunToChange      = "There is no run under way to change."
	needFiles          = "%s need files: start a run with them."
	afterStepOf        = "after step %d of %d"
	afterStepNumber    = "after step %d"
	goingOn            = "Going on from step %d."
	moreStepsProblem   = "The number of steps is %d: choose how many more to make."
	resumingText       = "Resuming from step %d."
	runDiscarded       = "The run is discarded."
	stillOpening       = "A picture is still being opened: press Start once it is there."
	beingDownloaded    = "%s is being downloaded: choose it, wait for it, or press Stop."
	notOnDevice        = "%s is not on this device yet: press Download models (%s)."
	theRun             = "The run"
	serverSilent       = "The server sends nothing at the moment: the download goes on by itself once it does."
	engineFellSilent   = "The engine fell silent and was started again"
	engineDidNotStop   = "The engine did not stop and was started again"
	pressResumeFrom    = ": press Resume from step %d to go on."
	pressDownloadAgain = ": press Download models to go on from there."
	tryAgain           = ": try again what you were doing."
	engineSilentTitle  = "The engine does not answer"
	engineSilentText   = "It was started and fell silent. Your settings and the last picture are still here: close other pages that use the GPU, and start the engine again."
	preparingRun       = "Preparing the run."
	beginsWhenHere     = "The run begins as soon as what it needs is here."
	resumedText        = "Resumed %s."
	measuringGPU       = "Measuring this GPU."
	modelReady         = "The model is ready."
	benchmarkDone      = "The benchmark is done: its results are under Help."
	doneText           = "Done: %s."
	gpuResetTitle      = "The GPU was reset"
	gpuResetText       = "The graphics device went away. Your settings and the last picture are still here: start the engine again%s. If this happens often, choose fewer cutouts or a smaller size."
	engineCrashedTitle = "The engine crashed"
	engineCrashedText  = "This is a mistake in Reverie. Your settings and the last picture are still here: start the engine again%s."
	outOfMemoryTitle   = "The engine ran out of memory"
	outOfMemoryText    = "Your settings and the last picture are still here: close other pages and start the engine again%s. If this happens again, choose fewer cutouts or a smaller size."
	modelPartHere      = "%s of the model is here."
	optimisingEndless  = "Optimising without an end."
	optimisingFrom     = "Optimising from step %d to %d."
	optimisingText     = "Optimising, %s."
	stepsPartMade      = "%s of the steps are made."
	pausedText         = "Paused %s."
	thenResumeText     = " and resume from step %d"
	readyToResume      = "Ready. A run can be resumed from step %d."
	downloadPaused     = "The download is paused: press Download models to go on from there."
	stoppedPlain       = "Stopped."
	stoppedText        = "Stopped %s."
	gpuUnusable        = "The GPU cannot be used"
	downloadBrokeOff   = "The download broke off: check the connection and press Download models to go on from there."
	modelUnfetched     = "The model cannot be fetched: check the connection and try again."
	insecureTitle      = "This address is not secure"
	insecureText       = "Browsers give pages the GPU only over https:// or on this computer itself. Open Reverie by https://, or by http://localhost or http://127.0.0.1."
	noWebGPUTitle      = "This browser has no WebGPU"
	noWebGPUText       = "Reverie draws on your own GPU through WebGPU. It works in Chrome and Edge from 113 (on Android from 121), in Safari from 26, and in Firefox from 141 on Windows and from 147 on Macs with Apple silicon. On Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu, and Firefox needs dom.webgpu.enabled set to true in about:config."
	noEngineTitle      = "The engine cannot be fetched"
	noEngineText       = "The part of Reverie that computes did not arrive: check the connection and start the engine again. Your settings are still here."
	noGPUTitle         = "No GPU answers"
	gpuWithheld        = "The GPU was reset, and the browser withholds it from this page now: load the page anew with the browser's own button. Your settings and the run come back."
	noAdapterText      = "The browser has WebGPU but offers no graphics adapter. Turn on hardware acceleration in its settings, update the graphics driver, and look at what chrome://gpu or, in Firefox, about:support says of WebGPU."
	phaseDownload      = "Downloading the model"
	phaseLoad          = "Loading the model"
	phasePrompt        = "Reading the prompt"
	phaseStart         = "Preparing the start picture"
	phaseCompile       = "Compiling shaders"
	phaseTune          = "Finding the fastest kernels for this GPU"
	measuringPhase     = "Measuring this GPU"
	phaseElse          = "Preparing"
	titleDownloading   = "%d %% · Downloading · Reverie"
	reverieName        = "Reverie"
	titlePercent       = "%d %% · %.60s · Reverie"
	titleStep          = "Step %d · %.60s · Reverie"
	previewEmpty       = "Step 0 of %s: no picture yet"
	previewBack        = "%s, looking back: %s"
)

// Of the stage, the track and looking back.
const (
	stepNotKept       = "Step %d is not kept any more: choose a later one."
	departsFrom       = "The next run departs from step %d. Change the prompt, or press Start."
	newestStep        = "the newest step"
	pictureLabel      = "Picture"
	fullScreenButton  = "Full screen"
	crispButton       = "Crisp pixels"
	seeInsideButton   = "See inside"
	lookingBack       = "looking back"
	copyLinkButton    = "Copy link"
	stopButton        = "Stop"
	continueButton    = "Continue"
	downloadPNGButton = "Download PNG"
	stepsLabel        = "Steps"
	shareOf           = "%s of %s"
	aboutWord         = "about "
	lossSoFar         = "The loss so far"
	lossFromTo        = "The loss from %.4f to %.4f"
	changedFromStep   = "From step %d on: %s"
	lossLabel         = "Loss"
	curvesLabel       = "Curves"
	paceMilliseconds  = "%.0f ms/step"
	paceExact         = "%.2f s/step"
	paceSeconds       = "%.0f s/step"
	atStepOf          = "step %d of %d"
	phaseCount        = "%s: %d of %d"
	downloadPace      = " · %s/s · %s left"
	timeLeft          = "%s%s left"
)

// Of the queue and the four small pictures.
const (
	addedToQueue     = "Added to the queue: %s."
	oneRunWaits      = "1 run waits"
	runsWait         = "%d runs wait"
	queueChip        = "Queue"
	queueCountChip   = "Queue · %d"
	theQueue         = "The queue"
	startQueueHint   = "%s: press Start queue under Queue."
	fourComeLater    = "Four small pictures come after this run."
	theSmallPicture  = "The small picture"
	addToQueueButton = "Add to queue"
	startQueueButton = "Start queue"
	earlierNamed     = "Earlier: %s"
	removeQueued     = "Remove: %s"
	goOnLarge        = "Go on large with seed %d of %d"
	putTrialsAway    = "Put the small pictures away"
)

// Of the panel and of steering.
const (
	panelLabel      = "Panel"
	modelTitle      = "Model"
	steerTitle      = "Steer"
	steerWhen       = "while it runs"
	settingsTitle   = "Settings"
	settingsWhen    = "of the next picture"
	findSetting     = "Find a setting, like zoom or cutn"
	underSteer      = "%s, under Steer"
	noneFound       = "No setting has such words."
	changedSettings = "%d changed"
	insideTitle     = "Inside"
	insideWhen      = "how it works"
	helpTitle       = "Help"
	memoryTaken     = ", of whose memory the run takes %s"
	addImagePrompt  = "Add image prompt"
	imagePromptHelp = "A picture that pulls like a text."
	labelOf         = "%s of %s"
	imageLater      = " (for a change on the way)"
	weightLabel     = "Weight"
	stopLabel       = "Stop"
	openNamed       = "Open %s"
	removeNamed     = "Remove %s"
	addPromptLabel  = "Add a prompt"
	addButton       = "Add"
	removePrompt    = "Remove prompt %s"
	weightOf        = "Weight of %s"
	gpuLine         = "GPU: "
)

// Of a look inside.
const (
	stepToCome      = "Step %d, as it is about to be made"
	stepLive        = "Step %d, live"
	stepNumber      = "Step %d"
	codesInUse      = "%d of %d codes in use"
	codesChanged    = "%d changed since the step before"
	tokenPaints     = "each token paints about %d × %d"
	cutoutWidths    = "from %d to %d pixels wide"
	embeddingLength = "%d numbers each"
	distanceFact    = "%s: %.3f × weight %g = %.4f"
	gradientFact    = "the gradient's norm at the picture is %.3g"
	optimiserFact   = "%s, learning rate %g"
	moveFact        = "z moved by %.3g, %.2g %% of its length %.3g"
	loopLabel       = "The loop in seven stations"
	stationFacts    = "Numbers of this station"
	nextStation     = "Next: %d · %s"
	stationPicture  = "The picture that this step starts from"
	tokenMapLabel   = "Map of the tokens, a colour for each code"
	gradientLabel   = "Where the gradient is strong"
	movedLabel      = "Where the latent z has moved"
	chosenOf        = "%d of %s"
	cutoutNumber    = "Cutout %d"
	cutoutDistance  = ", distance %s"
	nameDistance    = "%s, distance %.2f"
	embeddingOf     = "Embedding: %s"
	distancesOf     = "Distances to %s: from %.2f to %.2f, %.2f in the mean"
	tokenGrid       = "%d × %d tokens"
	tokenCount      = "%d tokens"
	pictureSides    = "%d × %d pixels"
)

// Of kept pictures, the lightbox and archives.
const (
	previousPicture     = "Previous picture"
	nextPicture         = "Next picture"
	compareList         = "Pictures to compare with"
	compareShare        = "How much of the other picture is shown"
	stepOfSteps         = "Step %d of %d"
	finishedPictureText = "the finished picture"
	stepLabel           = "Step"
	forkButton          = "Fork here"
	compareButton       = "Compare"
	endComparison       = "End comparison"
	favouriteButton     = "Favourite"
	noFavourite         = "No favourite any more"
	useSettings         = "Use settings"
	tweakButton         = "Tweak (same seed)"
	rerunButton         = "Re-run (new seed)"
	evolveButton        = "Evolve (start from it)"
	nameLabel           = "Name "
	itsPrompt           = "its prompt"
	downloadButton      = "Download"
	copyLinkToIt        = "Copy link to it"
	settingsInForm      = "The settings of %s are in the form."
	isDeleted           = "%s is deleted."
	oldestWent          = "The oldest picture went to make room: pictures may take %s here, and favourites stay."
	oldestGone          = "The %d oldest pictures went to make room: pictures may take %s here, and favourites stay."
	picturesNotKept     = "The browser does not keep the picture or what you changed of it: download what you want to keep."
	yourPictures        = "Your pictures"
	picturesLabel       = "Pictures"
	manageButton        = "Manage"
	searchLabel         = "Search your pictures"
	searchHint          = "Search"
	exportAllButton     = "Export all"
	importButton        = "Import"
	clearPicturesButton = "Clear all pictures"
	deleteAllQuestion   = "Delete all %s?"
	keepFavourites      = "Keep favourites"
	deleteAllButton     = "Delete all"
	favouriteName       = ", favourite"
	undoDeletion        = "Undo deletion"
	packingText         = "Packing %s."
	savedZip            = "Saved %s, %s."
	unpackingText       = "Unpacking %s."
	namedSides          = "%s, %d × %d pixels"
	deletedCount        = "%s deleted."
	picturesRoom        = "%s, %s of %s"
)

// Of sharing and saving.
const (
	savedFile        = "Saved %s. The file carries the prompt and all settings. %s"
	linkHolds        = "the prompt and the settings"
	linkHoldsChanges = "the prompt, the settings and the changes on the way"
	linkCopied       = "The link is on the clipboard: it carries %s, and no picture."
	linkLong         = " It has %d characters, and some programs cut such links: the picture’s file carries the same."
	tooLarge         = "The picture is too large to be enlarged: its longer side has %d pixels, and %d are the most."
	exportMissing    = "The program that does this cannot be fetched: check the connection and try again."
	exportEnded      = "The program that does this ended, most likely for want of memory: close other pages and try again."
	shareLabel       = "Share and save"
	shareButton      = "Share"
	savedBare        = "Saved %s. It carries no settings."
	savedLarge       = "Saved %s, %d × %d pixels."
)

// Of films.
const (
	filmWidth          = "Width in pixels"
	filmRate           = "Frames per second"
	filmLength         = "Length in seconds"
	filmPause          = "Final pause in seconds"
	numberProblem      = "%s must be a number, like %s."
	wholeNumberProblem = "%s must be a whole number, like %.0f."
	makingFilm         = "Making the film…"
	filmSaved          = "The film is saved as %s: %d×%d, %s, %s."
	filmCancelled      = "Cancelled."
	filmMissing        = "The program that makes films cannot be fetched: check the connection and try again."
	filmProgramEnded   = "The program that makes films ended: try again, or make a smaller film."
	noMP4              = " This browser makes no MP4 of that size."
	noMP4NorWebM       = " This browser makes no MP4 and no WebM of that size."
	bestFormat         = "The best that this browser makes"
	engineLeftFilm     = "The engine went away: start it again, then make the film again."
	filmTitle          = "Make a film"
	filmHelp           = "The pictures of this run, one after another. The film carries the run's settings."
	filmFormat         = "Format"
	smoothPixels       = "Smooth pixels"
	fadePictures       = "Fade from picture to picture"
	framesAlone        = "One picture per frame of the motion"
	filmLabel          = "Film"
	cancelButton       = "Cancel"
	makeFilmButton     = "Make film"
)

// Of models and the room that they take.
const (
	downloadModelsButton = "Download models"
	saveDataHint         = "Your browser is set to save data, and this is a big download."
	pauseDownloadButton  = "Pause the download"
	useUnkeptButton      = "Use it without keeping it"
	storedTitle          = "On this device"
	roomLabel            = "Room used"
	storedLabel          = "Models on this device"
	persistButton        = "Ask the browser to keep it"
	deleteNamed          = "Delete %s"
	deleteButton         = "Delete"
	noSuchModel          = "There is no model %.60q here: choose another one."
	lacksHalf            = "%s holds no %s: choose one to go with it, as CLIP+VQGAN."
	cannotJudge          = "%s holds no CLIP that could judge the picture: choose another one."
	clipTitle            = "CLIP"
	vqganTitle           = "VQGAN"
	modelsUnlisted       = "The list of models cannot be fetched: check the connection and reload the page."
	modelDeleted         = "The model %s is deleted from this device."
	selfTestButton       = "Self-test"
	selfTestNamed        = "Self-test of %s"
	selfTesting          = "Testing %s."
	asPublished          = "%s reads texts as published of %s, to %s."
	notAsPublished       = "%s is not as published of %s: %s. It is another model, has too few bits, or this GPU computes wrongly."
	nothingPublished     = "Nothing is published that %s could be held against."
	onThisDevice         = " · on this device"
	onGPUAndKept         = "It is on your GPU, and kept on this device: it works offline."
	onGPUText            = "It is on your GPU."
	keptHere             = "It is kept on this device and works offline."
	comesWithPage        = "It comes with the page (%s)."
	modelComing          = "The model is on its way"
	pictureBegins        = "The picture begins as soon as what it needs is here."
	writeMeanwhile       = "Write your prompt meanwhile and press Start: the picture begins as soon as what it needs is here."
	noRoomTitle          = "There is no room for this model"
	newVersionOf         = "A new version of %s"
	newVersionText       = "%s to download. It takes the place of the one on this device."
	downloadRest         = "%s of %s are here; the download goes on where it stopped. Then the model works without a network."
	connectionBroke      = "The connection broke. %s"
	downloadNamed        = "Download %s"
	downloadEachVisit    = "%s. This browser keeps nothing for this page, as in a private window: the model is downloaded at each visit."
	downloadOnce         = "%s, once. Then the model works without a network."
	storageUntold        = "The browser has not told yet what it keeps."
	storageNothing       = "This browser keeps nothing for this page, as in a private window: models are downloaded at each visit."
	storageUses          = "Reverie uses %s."
	storageUsesOf        = "Reverie uses %s of the %s that the browser gives this site."
	storagePromised      = "The browser has promised to keep it."
	storageUnpromised    = "The browser may clear it when the disk is full."
)

// Of help and keys, and of the page as a whole.
const (
	keysTitle         = "Keys"
	singleKeysLabel   = "Single keys do something"
	closeButton       = "Close"
	whatMeans         = "What “%s” means"
	benchmarkButton   = "Benchmark"
	copyResultsButton = "Copy results"
	benchmarkLabel    = "Benchmark results"
	resultsCopied     = "The results are on the clipboard."
	resultsNotCopied  = "The browser does not let the page copy: mark the results and copy them yourself."
	benchmarkHead     = "Reverie benchmark\nGPU: %s\nBrowser: %s\nBuild: %s\n"
	benchmarkKernels  = "Kernels:\n"
	notifyLabel       = "Notify me when a picture is done"
	installButton     = "Install Reverie"
	closeNote         = "Close this note"
	openImageLabel    = "Open image"
	startEngineAgain  = "Start the engine again"
	bugDetails        = "Details for a bug report"
	brokeOffTitle     = "A run broke off"
	resumeFrom        = "Resume from step %d"
	discardButton     = "Discard"
	newVersionReady   = "A new version of Reverie is ready. Save your picture first."
	loadNewVersion    = "Load the new version"
	benchmarkLine     = "%-42s %9.2f ms %9.2f GFLOP/s %4.0f %%\n"
)

// Of published models that are fetched, or brought as files.
const (
	quantSmall         = "small (q4)"
	quantCloser        = "closer to the original (q8)"
	catalogueMissing   = "The list of models cannot be fetched: check the connection and open this again."
	offerKept          = "%s · here already"
	offerSize          = "%s · %s"
	importHere         = "What is chosen is here already. To get it in another form, delete it first."
	importSizes        = "About %s come from %s, and %s stay on this device."
	hostsAnd           = " and "
	importNoPlace      = "This browser keeps nothing for this page, as in a private window, so there is no place for a model: open the page in another window."
	importNoRoom       = "There is no room: the model takes %s, and the browser gives this site %s more. Delete a model, make room on the disk, or choose a smaller form."
	catalogueConfig    = "the catalogue"
	importDone         = "Done: %s. It is on this device and works without a network."
	importChosen       = " It is chosen for the next run."
	importCancelled    = "Cancelled."
	importNoProgram    = "The program that imports models cannot be fetched: check the connection and try again."
	importEnded        = "The program that imports models ended: try again, and close other pages if it happens again."
	importOf           = " (%d of %d)"
	importStoppingText = ": cancelling…"
	importLacksFiles   = ": it broke off. Choose its files again below, and it goes on where it was."
	importBrokeOff     = ": it broke off. What has come is kept, and it goes on from there."
	importLooking      = ": looking at what the file holds…"
	importCount        = ": %s of %s"
	importPausedText   = ", paused"
	importSpeed        = ", %s/s"
	importLeft         = ", %s left"
	importUnderWay     = "An import is under way: wait for it, or cancel it, and then bring the files."
	importOtherFiles   = "These are not the files that were chosen before: choose those, or cancel the import."
	broughtTwo         = "There are several models of one kind: choose the files of one CLIP, one VQGAN, or one of each."
	broughtVQGAN       = "A picture needs a CLIP beside this VQGAN: choose its file, too, or it is paired with the one that is chosen."
	broughtCLIP        = "A picture needs a VQGAN beside this CLIP: choose its file, too, or it is paired with the one that is chosen."
	broughtPair        = "That is a CLIP and a VQGAN, all that a picture needs."
	broughtName        = "Give the model in %s a name of its own, of letters, digits and hyphens."
	getModel           = "Get a model"
	getHelp            = "Published models are fetched from where their makers put them, made smaller on this device, and kept here. Nothing is asked of another site before you press Download."
	getPairLabel       = "Go well together"
	getOtherPair       = "another choice"
	getCLIPLabel       = "CLIP, which reads the prompt"
	getVQGANLabel      = "VQGAN, which paints"
	getNone            = "none"
	getFormLabel       = "Keep as"
	getLicence         = "Licence: %s."
	getDownload        = "Download"
	getUse             = "Use it"
	getGoOn            = "Go on"
	bringTitle         = "Files that you have"
	bringHelp          = "Checkpoints (.pt, .ckpt, .safetensors, .bin) with their configurations (.yaml, .json), in any combination. They are read here and go nowhere."
	bringChoose        = "Choose files"
	bringImport        = "Import"
	bringNameLabel     = "Name of the model in %s"
	bringLooking       = "Looking at the files…"
	bringUnused        = "Not needed: %s."
	bringKept          = "%s, %s on this device"
	importLabel        = "Import"
	importOffline      = "There is no network: connect, then press Go on."
)

// quarters are milestones in words that stay true until the next one.
var quarters = [4]string{"Nothing", "A quarter", "Half", "Three quarters"}
