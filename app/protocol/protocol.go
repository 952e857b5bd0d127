// Package protocol is what the page and the worker say to each other.
//
// A message travels as package wire says. The page speaks first:
//
//	Open → Ready Kernels (or Error)         look for a device
//	Load → Progress… Loaded                 fetch a model and put it on the device
//	Start → Progress… Kernels? First? Loaded Started Step… Saved Done    make a picture, or go on with one; loads the model itself when
//	                                        another or none is there
//	Pause → Saved Paused, Resume → Step…, Stop → Saved Stopped
//	Change → Progress… Changed              set options of the run from the next step on
//	Start with Every or Frames → Shot…      pictures after every so many steps, or of frames
//	Save → Saved                            what the run needs to go on later; it also comes by itself now and then
//	Look → Looked                           the picture of tokens that a run has told, without disturbing it
//	Inspect → Inspected                     what is inside one update of the run: cutouts, scores, gradient, move
//	Keep, Delete, Imported → Storage        what the browser keeps
//	Foresee → Foreseen                      what a run would take
//	Count → Counted                         how many tokens texts have
//	Measure → Progress… Kernels? Measured          how fast the device is
//	SelfTest → SelfTested                   whether a model reads texts as it is published
//
// Start may come while a Load of the same model is under way: the run begins as the parts arrive. Storage also comes by itself whenever
// what is kept has changed.
//
// Error ends what was under way and leaves the worker usable; Lost and Exit mean that this worker is of no use any more, and so does silence:
// Beat comes every second.
package protocol

import (
	"fmt"
	"reflect"

	"reverie/app/wire"
	"reverie/recipe"
)

// Message is one of the message types below.
type Message interface{ isMessage() }

// Picture is an image of 8-bit RGBA pixels, rows from the top.
type Picture = wire.Picture

// Named is a picture with the name of its file, by which a script knows it.
type Named struct {
	Name    string  `json:"name"`
	Picture Picture `json:"picture"`
}

// Bytes are handed over, as pixels are.
type Bytes = wire.Bytes

// From the page to the worker.
type (
	// Open asks for the device. Base is the URL that holds the models' folders; it ends in a slash.
	Open struct {
		Base string `json:"base"`
		// Tune says when kernels are timed: "" where nothing is known of the device, "off" never, "again" at the next run.
		Tune string `json:"tune,omitempty"`
		// GPU is "low-power" for the adapter of a machine with several that takes the least; the fastest else.
		GPU string `json:"gpu,omitempty"`
	}
	// Load asks for a model's weights.
	Load struct {
		Base  string `json:"base"`
		Model string `json:"model"` // as recipe.Halves reads it, here and wherever a model is to be used
		// Perceptors are further CLIPs, as the option of that name writes them, that are loaded, too.
		Perceptors string `json:"perceptors,omitempty"`
		// Unkept asks that nothing be stored: there is no room.
		Unkept bool `json:"unkept,omitempty"`
	}
	// Keep asks that a model be stored, when the worker has nothing else to do. It has no answer but Storage.
	Keep struct {
		Base  string `json:"base"`
		Model string `json:"model"`
	}
	// Delete asks that a model be removed from what the browser keeps.
	Delete struct {
		Model string `json:"model"` // a folder
	}
	// Imported tells that another program has changed what the browser keeps.
	Imported struct{}
	// Start asks for a picture.
	Start struct {
		Base   string        `json:"base"`
		Script recipe.Script `json:"script"`
		Init   *Picture      `json:"init,omitempty"`   // the start picture
		Images []Named       `json:"images,omitempty"` // of the script's image prompts, by name
		// State takes a run up where Saved left it, by this script.
		State *Bytes `json:"state,omitempty"`
		// Every asks for a Shot after every so many steps; 0 asks for none.
		Every int `json:"every,omitempty"`
		// Frames asks for a Shot of each frame of a picture that is moved, besides.
		Frames bool `json:"frames,omitempty"`
	}
	// Change sets options of the run under way from the next step on.
	Change struct {
		ID     int             `json:"id"` // of the answer, from 1
		Set    recipe.Settings `json:"set"`
		Images []Named         `json:"images,omitempty"` // of image prompts that are new
	}
	// Save asks for what the run under way needs to go on later.
	Save struct{}
	// Look asks for the picture of tokens, as Step and Saved tell them, with a model. A run under way looks between two updates. Of several
	// that wait only the last is answered, and while a model is loaded or the device is measured none.
	Look struct {
		ID     int    `json:"id"` // of the answer
		Base   string `json:"base"`
		Model  string `json:"model"`
		Width  int    `json:"width"` // in tokens
		Height int    `json:"height"`
		Half   bool   `json:"half,omitempty"` // in half precision; within a run of that size, its own is taken
		Tile   string `json:"tile,omitempty"` // the run's, as the options of these names say
		Mirror string `json:"mirror,omitempty"`
		Clear  string `json:"transparent,omitempty"`
		Window int    `json:"window,omitempty"`
		Tokens *Bytes `json:"tokens"`
	}
	// Inspect asks what is inside an update: the next one that the run under way makes, or, while it is paused, the one that is to come, which is
	// taken back. The run is the same to the bit. Of several that wait only the last is answered, and none where no run is under way or where it ends.
	Inspect struct {
		ID int `json:"id"` // of the answer
	}
	// Foresee asks what a run would take. It changes nothing and may come at any time.
	Foresee struct {
		ID     int           `json:"id"` // of the answer
		Base   string        `json:"base"`
		Recipe recipe.Recipe `json:"recipe"`
	}
	// Count asks how many tokens a model's tokeniser makes of texts. It changes nothing and may come at any time.
	Count struct {
		ID    int      `json:"id"` // of the answer
		Base  string   `json:"base"`
		Model string   `json:"model"`
		Texts []string `json:"texts"`
	}
	// Measure asks how fast the device is.
	Measure struct{}
	// SelfTest asks whether a model reads texts as it is published.
	SelfTest struct {
		Base  string `json:"base"`
		Model string `json:"model"` // a folder
	}
	// Pause asks the run to wait after the step under way.
	Pause struct{}
	// Resume lets a paused run go on.
	Resume struct{}
	// Stop ends a run after the step under way, or loading at once.
	Stop struct{}
)

// From the worker to the page.
type (
	// Ready tells which device was opened.
	Ready struct {
		Adapter string `json:"adapter"` // one line
		F16     bool   `json:"f16"`
	}
	// Kernels tells which variants of its kernels the device runs.
	Kernels struct {
		Kernels []Kernel `json:"kernels"`
	}
	// Kernel is the variant for one class of products, with the time of the class's sample, or 0 where it was not timed here.
	Kernel struct {
		Class        string  `json:"class"`
		Variant      string  `json:"variant"`
		Milliseconds float64 `json:"ms,omitempty"`
	}
	// Progress tells how far a phase is. Total 0 means that nobody knows.
	Progress struct {
		Phase Phase `json:"phase"`
		Done  int64 `json:"done"`
		Total int64 `json:"total"`
	}
	// Storage tells what the browser keeps.
	Storage struct {
		How       string  `json:"how"` // files, pieces (in the Cache API) or none
		Models    []Model `json:"models"`
		Usage     int64   `json:"usage"` // of the whole site, in bytes
		Quota     int64   `json:"quota"`
		Persisted bool    `json:"persisted"` // the browser promised not to clear it by itself
	}
	// Model is a folder of which something is kept: a pair, or a CLIP or a VQGAN alone, which become a pair with another.
	Model struct {
		Name   string `json:"name"`
		Title  string `json:"title,omitempty"`
		Factor int    `json:"factor"` // pixels per token along one axis; 0 without a VQGAN
		Bytes  int64  `json:"bytes"`
		Stored int64  `json:"stored"` // of Bytes
		CLIP   Half   `json:"clip"`
		VQGAN  Half   `json:"vqgan"`
		// Suggested are its own settings.
		Suggested recipe.Recipe `json:"suggested,omitzero"`
	}
	// Half is what a pair takes of a folder: its CLIP or its VQGAN. Bytes are 0 where there is none.
	Half struct {
		Bytes  int64 `json:"bytes"`
		Stored int64 `json:"stored"` // of Bytes
	}
	// Measured tells how fast the device is. The first speed is the most that it can compute.
	Measured struct {
		Speeds []Speed `json:"speeds"`
	}
	// Speed is that of one workload.
	Speed struct {
		Workload     string  `json:"workload"`
		Milliseconds float64 `json:"ms"`
		Rate         float64 `json:"rate"` // GFLOP/s
	}
	// SelfTested tells how near a model is to what is published of it.
	SelfTested struct {
		Model string `json:"model"`
		Of    string `json:"of,omitempty"` // for whose figures it was taken; "" where nothing is published
		// Within is "1e-3" or "1e-2", of the largest value, where all that was compared is as near; else Differs says what is not, and by how much.
		Within  string `json:"within,omitempty"`
		Differs string `json:"differs,omitempty"`
	}
	// Foreseen tells what a run would take: memory with the model's weights, and seconds of a step, or 0 while nobody knows. Problem
	// is why it cannot run, as a sentence.
	Foreseen struct {
		ID      int     `json:"id"`
		Bytes   int64   `json:"bytes,omitempty"`
		Seconds float64 `json:"seconds,omitempty"`
		Problem string  `json:"problem,omitempty"`
	}
	// Counted tells how many tokens each text has, and how many of them the model reads.
	Counted struct {
		ID     int   `json:"id"`
		Tokens []int `json:"tokens"`
		Limit  int   `json:"limit"`
	}
	// First is the picture that a run starts from, while the rest of the model is still on its way.
	First struct {
		Script  recipe.Script `json:"script"` // as it really runs
		Picture *Picture      `json:"picture"`
	}
	// Loaded tells that a model is on the device.
	Loaded struct {
		Model  string `json:"model"`
		Title  string `json:"title,omitempty"`
		Factor int    `json:"factor"` // pixels per token along one axis
		// Weights identifies the weights: a hash of the manifest.
		Weights string `json:"weights,omitempty"`
		// Perceptors are the folders of the further CLIPs that are on the device, between spaces.
		Perceptors string `json:"perceptors,omitempty"`
	}
	// Started tells that the step after Step updates begins, with the script that really runs and what to tell the person about it.
	Started struct {
		Script  recipe.Script `json:"script"`
		Step    int           `json:"step"` // 0 unless the run goes on from a state
		Notices []string      `json:"notices,omitempty"`
		// Bytes and Seconds are what the run takes of the device: memory with the model's weights, and the time of a step as it is
		// foreseen.
		Bytes   int64   `json:"bytes,omitempty"`
		Seconds float64 `json:"seconds,omitempty"`
	}
	// Changed tells that the run takes other settings from the update after Step on, or why it does not: Problem, a sentence. Script is the run's,
	// with all changes.
	Changed struct {
		ID      int           `json:"id,omitempty"` // of the Change; 0 where the script itself changes
		Step    int           `json:"step"`
		Script  recipe.Script `json:"script"`
		Notices []string      `json:"notices,omitempty"`
		Problem string        `json:"problem,omitempty"`
	}
	// Saved brings what a run needs to go on after Step updates, as guide.State writes it, and that state's tokens.
	Saved struct {
		Step   int           `json:"step"`
		Script recipe.Script `json:"script"`
		State  *Bytes        `json:"state"`
		Tokens *Bytes        `json:"tokens,omitempty"` // two bytes each, the lower first, row by row
	}
	// Looked brings the picture that Look asked for, or why there is none: Problem, a sentence.
	Looked struct {
		ID      int      `json:"id"`
		Picture *Picture `json:"picture,omitempty"`
		Problem string   `json:"problem,omitempty"`
	}
	// Inspected tells what is inside the update after Step updates, or why nobody can look there: Problem, a sentence.
	Inspected struct {
		ID      int      `json:"id"`
		Problem string   `json:"problem,omitempty"`
		Step    int      `json:"step"`
		Coming  bool     `json:"coming,omitempty"`  // the update was taken back, and is still to come
		Picture *Picture `json:"picture,omitempty"` // that CLIP judges
		Tokens  *Bytes   `json:"tokens,omitempty"`  // its codes, as Step has them; nil where they do not fit two bytes
		Codes   int      `json:"codes,omitempty"`   // that the codebook has
		Boxes   []Box    `json:"boxes,omitempty"`   // where each cutout is taken from the picture, before it is augmented
		Cutouts *Picture `json:"cutouts,omitempty"` // as CLIP sees them, square, one under another
		// Embeddings are a row for each prompt, and then one for each cutout, of so many numbers as Length: signed bytes, of which 127 is the
		// row's greatest magnitude.
		Embeddings *Bytes `json:"embeddings,omitempty"`
		Length     int    `json:"length,omitempty"`
		// Scores are the signed distances of each cutout to each prompt, by prompt. A prompt's loss is its weight's magnitude times the mean of its scores.
		Scores  [][]float64 `json:"scores,omitempty"`
		Weights []float64   `json:"weights,omitempty"` // of the prompts
		Losses  []float64   `json:"losses,omitempty"`  // as Step has them
		Pull    *Norms      `json:"pull,omitempty"`    // of the gradient by the picture, in squares smaller than a token
		Move    *Norms      `json:"move,omitempty"`    // of what the update does to each token's latent
		Reach   float64     `json:"reach,omitempty"`   // the norm of the latents before it
	}
	// Box is a square of the picture, in pixels.
	Box struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	}
	// Norms are those of the parts of a grid, a byte each, row by row: 255 is Most. Total is the norm of the whole grid.
	Norms struct {
		Columns int     `json:"columns"`
		Values  *Bytes  `json:"values"`
		Most    float64 `json:"most"`
		Total   float64 `json:"total"`
	}
	// Step is one optimiser update. Tokens are the codes of the state that it started from, after Step−1 updates, as Saved has them. Picture
	// shows that state and is there now and then only.
	Step struct {
		Step   int       `json:"step"` // 1 is the first
		Loss   float64   `json:"loss"`
		Losses []float64 `json:"losses"`
		// Perceptors are the sums of the prompts' losses by each CLIP, the model's own first, where there are several; Losses are the sums by prompt.
		Perceptors   []float64 `json:"perceptors,omitempty"`
		Milliseconds float64   `json:"ms"`
		Tokens       *Bytes    `json:"tokens,omitempty"`
		Picture      *Picture  `json:"picture,omitempty"`
	}
	// Shot is the picture after Step updates.
	Shot struct {
		Step    int      `json:"step"`
		Picture *Picture `json:"picture"`
	}
	// Paused tells that the run waits after step Step.
	Paused struct {
		Step    int      `json:"step"`
		Picture *Picture `json:"picture"`
	}
	// Done tells that all steps are made.
	Done struct {
		Step    int      `json:"step"`
		Picture *Picture `json:"picture"`
	}
	// Stopped tells that a run, or loading, ended because of Stop. Picture is nil when there was none yet.
	Stopped struct {
		Step    int      `json:"step"`
		Picture *Picture `json:"picture,omitempty"`
	}
	// Lost tells that the device went away.
	Lost struct {
		Message string `json:"message"`
	}
	// Error is what went wrong, as a sentence for the person.
	Error struct {
		Reason  Reason `json:"reason,omitempty"`
		Message string `json:"message"`
	}
	// File is a Shot as the page saves it. The page itself tells it to whoever follows it.
	File struct {
		Step int    `json:"step"`
		PNG  []byte `json:"png"`
	}
	// Beat tells that the worker's event loop turns, whatever its program waits for. It is sent by web/worker.js every second, not by Go.
	Beat struct{}
	// Exit tells that the worker's program ended. It is sent by web/worker.js, not by Go.
	Exit struct {
		Code int    `json:"code"`
		Tail string `json:"tail"` // the last of what it printed: a panic's message and stack
	}
)

// Phase names what goes on while the page waits for a run, a model or a measurement. The page has the words for it.
type Phase string

const (
	PhaseDownload Phase = "download" // a model from the server, counted in bytes
	PhaseLoad     Phase = "load"     // a model from what the browser keeps, counted in bytes
	PhasePrompt   Phase = "prompt"   // the prompts are embedded
	PhaseStart    Phase = "start"    // the start picture is encoded
	PhaseCompile  Phase = "compile"  // counted in kernels
	PhaseTune     Phase = "tune"     // kernels are timed, counted in candidates
	PhaseMeasure  Phase = "measure"  // counted in workloads
)

// Phases are all of them.
var Phases = []Phase{PhaseDownload, PhaseLoad, PhasePrompt, PhaseStart, PhaseCompile, PhaseTune, PhaseMeasure}

// Reason names the errors that the page answers with a screen of their own.
type Reason string

const (
	NoWebGPU  Reason = "no-webgpu"
	NoAdapter Reason = "no-adapter"
	NoEngine  Reason = "no-engine" // its program cannot be fetched; sent by web/worker.js, not by Go
	Offline   Reason = "offline"   // the server cannot be reached
	Busy      Reason = "busy"      // the server asks to come back later
	NoRoom    Reason = "no-room"   // the browser keeps no more
)

func (k Kernel) String() string {
	if k.Milliseconds > 0 {
		return fmt.Sprintf("%s: %s (measured %.3g ms)", k.Class, k.Variant, k.Milliseconds)
	}
	return k.Class + ": " + k.Variant
}

func (Open) isMessage()       {}
func (Load) isMessage()       {}
func (Keep) isMessage()       {}
func (Delete) isMessage()     {}
func (Imported) isMessage()   {}
func (Start) isMessage()      {}
func (Foresee) isMessage()    {}
func (Foreseen) isMessage()   {}
func (Count) isMessage()      {}
func (Counted) isMessage()    {}
func (Measure) isMessage()    {}
func (Measured) isMessage()   {}
func (SelfTest) isMessage()   {}
func (SelfTested) isMessage() {}
func (Change) isMessage()     {}
func (Changed) isMessage()    {}
func (Save) isMessage()       {}
func (Look) isMessage()       {}
func (Looked) isMessage()     {}
func (Inspect) isMessage()    {}
func (Inspected) isMessage()  {}
func (Shot) isMessage()       {}
func (File) isMessage()       {}
func (Saved) isMessage()      {}
func (Pause) isMessage()      {}
func (Resume) isMessage()     {}
func (Stop) isMessage()       {}
func (Ready) isMessage()      {}
func (Kernels) isMessage()    {}
func (Progress) isMessage()   {}
func (Storage) isMessage()    {}
func (First) isMessage()      {}
func (Loaded) isMessage()     {}
func (Started) isMessage()    {}
func (Step) isMessage()       {}
func (Paused) isMessage()     {}
func (Done) isMessage()       {}
func (Stopped) isMessage()    {}
func (Lost) isMessage()       {}
func (Error) isMessage()      {}
func (Exit) isMessage()       {}
func (Beat) isMessage()       {}

// kinds gives every message type the name under which it travels.
var kinds = map[string]reflect.Type{
	"open":       reflect.TypeFor[Open](),
	"load":       reflect.TypeFor[Load](),
	"keep":       reflect.TypeFor[Keep](),
	"delete":     reflect.TypeFor[Delete](),
	"imported":   reflect.TypeFor[Imported](),
	"start":      reflect.TypeFor[Start](),
	"foresee":    reflect.TypeFor[Foresee](),
	"foreseen":   reflect.TypeFor[Foreseen](),
	"count":      reflect.TypeFor[Count](),
	"counted":    reflect.TypeFor[Counted](),
	"measure":    reflect.TypeFor[Measure](),
	"measured":   reflect.TypeFor[Measured](),
	"selftest":   reflect.TypeFor[SelfTest](),
	"selftested": reflect.TypeFor[SelfTested](),
	"change":     reflect.TypeFor[Change](),
	"changed":    reflect.TypeFor[Changed](),
	"file":       reflect.TypeFor[File](),
	"shot":       reflect.TypeFor[Shot](),
	"save":       reflect.TypeFor[Save](),
	"look":       reflect.TypeFor[Look](),
	"looked":     reflect.TypeFor[Looked](),
	"inspect":    reflect.TypeFor[Inspect](),
	"inspected":  reflect.TypeFor[Inspected](),
	"saved":      reflect.TypeFor[Saved](),
	"pause":      reflect.TypeFor[Pause](),
	"resume":     reflect.TypeFor[Resume](),
	"stop":       reflect.TypeFor[Stop](),
	"ready":      reflect.TypeFor[Ready](),
	"kernels":    reflect.TypeFor[Kernels](),
	"progress":   reflect.TypeFor[Progress](),
	"storage":    reflect.TypeFor[Storage](),
	"first":      reflect.TypeFor[First](),
	"loaded":     reflect.TypeFor[Loaded](),
	"started":    reflect.TypeFor[Started](),
	"step":       reflect.TypeFor[Step](),
	"paused":     reflect.TypeFor[Paused](),
	"done":       reflect.TypeFor[Done](),
	"stopped":    reflect.TypeFor[Stopped](),
	"lost":       reflect.TypeFor[Lost](),
	"error":      reflect.TypeFor[Error](),
	"exit":       reflect.TypeFor[Exit](),
	"beat":       reflect.TypeFor[Beat](),
}

var channel = wire.NewKinds("protocol", kinds, parts)

// Kinds returns the names of all messages, sorted.
func Kinds() []string { return channel.Names() }

// Wire is a message on its way.
type Wire = wire.Wire

// Encode packs a message. It fails only for numbers that JSON cannot hold.
func Encode(m Message) (Wire, error) { return channel.Encode(m) }

// Decode unpacks a message; it is a value of one of the types above, never a pointer.
func Decode(w Wire) (Message, error) { return message(channel.Decode(w)) }

// DecodeText unpacks a message without its pixels.
func DecodeText(text string) (Message, error) { return message(channel.DecodeText(text)) }

func message(m any, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	return m.(Message), nil
}

// parts returns the pictures of a message, and all its bytes, both in a fixed order.
func parts(m any) (pictures []*Picture, buffers []*[]byte) {
	add := func(p *Picture) {
		if p != nil {
			pictures, buffers = append(pictures, p), append(buffers, &p.Pix)
		}
	}
	named := func(list []Named) {
		for i := range list {
			add(&list[i].Picture)
		}
	}
	bytes := func(b *Bytes) {
		if b != nil {
			buffers = append(buffers, &b.Data)
		}
	}
	switch m := m.(type) {
	case Start:
		add(m.Init)
		named(m.Images)
		bytes(m.State)
	case Change:
		named(m.Images)
	case Saved:
		bytes(m.State)
		bytes(m.Tokens)
	case Look:
		bytes(m.Tokens)
	case Looked:
		add(m.Picture)
	case Inspected:
		add(m.Picture)
		add(m.Cutouts)
		bytes(m.Tokens)
		bytes(m.Embeddings)
		for _, n := range []*Norms{m.Pull, m.Move} {
			if n != nil {
				bytes(n.Values)
			}
		}
	case First:
		add(m.Picture)
	case Step:
		bytes(m.Tokens)
		add(m.Picture)
	case Shot:
		add(m.Picture)
	case Paused:
		add(m.Picture)
	case Done:
		add(m.Picture)
	case Stopped:
		add(m.Picture)
	}
	return pictures, buffers
}
