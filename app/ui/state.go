package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"reverie/app/protocol"
	"reverie/app/settings"
	"reverie/gpu/tune"
)

// Phase is what the page and its worker are doing.
type Phase int

const (
	Opening   Phase = iota // waiting for the device
	Broken                 // Screen says why nothing can run
	Idle                   // ready for Start
	Loading                // fetching a model
	Measuring              // finding how fast the device is
	Starting               // Start was pressed: loading and preparing
	Running
	Pausing // Pause was pressed; the step under way ends first
	Paused
	Stopping // Stop was pressed
)

// Screen tells why Reverie cannot run and what to do.
type Screen struct {
	Title, Text string
	Detail      string // for a bug report
	Retry       bool   // whether starting the engine again can help
}

// Run is the run under way, or the last one.
type Run struct {
	Settings settings.Settings
	Step     int       // updates made
	Losses   []float64 // one per update
	Notices  []string
	Ended    bool
	Bytes    int64         // of the GPU's memory
	Foreseen time.Duration // of a step

	arrivals []time.Time // of the last steps, to tell the pace
}

// State is everything the page shows, and how messages and buttons change it. It knows nothing of the browser.
type State struct {
	Phase    Phase
	Screen   Screen // when Broken
	Adapter  string
	Form     Form
	Models   []Model // that can be chosen
	Storage  protocol.Storage
	Loaded   protocol.Loaded
	Progress protocol.Progress // when Loading or Starting
	NoRoom   string            // why the chosen model cannot be kept, and what to do
	// ShowStorage says that what is kept has become interesting.
	ShowStorage bool
	Run         *Run
	Shown       *protocol.Picture // the newest picture
	ShownAt     int               // the updates made before it
	ShownRun    *Run              // the run that it belongs to
	Start       *Opened           // the picture that the next run starts from
	Offer       *Opened           // a picture that was opened for its settings and could be the start, too
	Images      []ImagePrompt

	Measured *protocol.Measured // how fast the device is, once somebody asked
	Kernels  []protocol.Kernel  // that the device runs

	Status  string   // the one line that screen readers speak
	Problem string   // what is wrong with the last thing the person did
	Notices []string // what to know about the settings that were opened
	Update  bool     // whether a new version of the page waits

	opening   int // files that are being decoded
	forecast  forecast
	listed    []Model         // by the site
	unlisted  bool            // the site's list cannot be fetched
	loading   string          // the model that is being downloaded
	rate      rate            // of the download
	brokeOff  bool            // it ended because the connection did
	deleting  string          // the model that is being deleted
	unwanted  map[string]bool // models that the person deleted in this visit
	keepTried bool            // see Keep
	persist   bool            // see TakePersist
}

// NewState is the page before anything is known.
func NewState() State {
	return State{
		Form:   FormOf(settings.Default()),
		Status: looking,
	}
}

// What the page says until the engine is ready.
const (
	looking       = "Looking for your GPU."
	startingAgain = "Starting the engine again."
)

// Working says whether a run or a download is under way.
func (s *State) Working() bool { return s.Phase >= Loading }

// Model returns the chosen model's entry; its Factor is 0 when the site does not list it.
func (s *State) Model() Model {
	if i := slices.IndexFunc(s.Models, func(m Model) bool { return m.Name == s.Form.Model }); i >= 0 {
		return s.Models[i]
	}
	return Model{Name: s.Form.Model}
}

// PressStart begins a run with the form's settings, or says what is wrong with them. Base is the URL of the models' folders. While the
// model is being downloaded, the run begins as its parts arrive.
func (s *State) PressStart(base string) (protocol.Message, bool) {
	if s.Phase != Idle && s.Phase != Loading {
		return nil, false
	}
	s.Problem = ""
	chosen, err := s.check()
	if err != nil {
		s.Problem = err.Error()
		s.Status = s.Problem
		return nil, false
	}
	start := protocol.Start{Base: base, Settings: chosen}
	if s.Start != nil {
		start.Init = &s.Start.Picture
	}
	for _, image := range s.Images {
		start.Images = append(start.Images, *image.Picture)
	}
	s.Status = "Preparing the run."
	if s.Phase == Loading {
		s.Status = "The run begins as soon as what it needs is here."
	} else {
		s.Progress = protocol.Progress{}
	}
	s.Phase = Starting
	return start, true
}

// check reads the form and finds what cannot run. The engine rounds what can be rounded and tells.
func (s *State) check() (settings.Settings, error) {
	chosen, err := s.Form.Settings()
	if err != nil {
		return chosen, err
	}
	switch {
	case s.opening > 0:
		return chosen, errors.New("A picture is still being opened: press Start once it is there.")
	case s.Phase == Loading && s.loading != chosen.Model:
		return chosen, fmt.Errorf("%s is being downloaded: choose it, wait for it, or press Stop.", s.titleOf(s.loading))
	case s.Phase == Idle && s.needsDownload():
		return chosen, fmt.Errorf("%s is not on this device yet: press Download models (%s).", s.Model().title(), byteCount(s.Model().Bytes))
	}
	if chosen.ImagePrompts, err = imagePrompts(s.Images); err != nil {
		return chosen, err
	}
	chosen.InitImage = ""
	if s.Start != nil {
		chosen.InitImage = s.Start.Name
	}
	_, _, err = chosen.Normalise(max(s.Model().Factor, 1))
	return chosen, err
}

// PressLoad fetches the chosen model without starting a run. Unkept asks for it though there is no room to keep it.
func (s *State) PressLoad(base string, unkept bool) (protocol.Message, bool) {
	if s.Phase != Idle {
		return nil, false
	}
	s.Phase, s.Progress, s.Problem, s.NoRoom = Loading, protocol.Progress{}, "", ""
	s.loading, s.brokeOff = s.Form.Model, false
	return protocol.Load{Base: base, Model: s.Form.Model, Unkept: unkept}, true
}

// ChooseModel takes the person's choice.
func (s *State) ChooseModel(name string) { s.Form.Model, s.NoRoom, s.brokeOff = name, "", false }

// PressPause asks the run to wait.
func (s *State) PressPause() (protocol.Message, bool) {
	if s.Phase != Running {
		return nil, false
	}
	s.Phase = Pausing
	return protocol.Pause{}, true
}

// PressResume lets a paused run go on.
func (s *State) PressResume() (protocol.Message, bool) {
	if s.Phase != Paused {
		return nil, false
	}
	s.Phase = Running
	s.Run.arrivals = nil
	s.Status = fmt.Sprintf("Resumed after step %d of %d.", s.Run.Step, s.Run.Settings.Steps)
	return protocol.Resume{}, true
}

// PressStop ends what is under way; the picture stays.
func (s *State) PressStop() (protocol.Message, bool) {
	if !s.Working() || s.Phase == Stopping {
		return nil, false
	}
	s.Phase = Stopping
	return protocol.Stop{}, true
}

// PressBenchmark measures the device.
func (s *State) PressBenchmark() (protocol.Message, bool) {
	if s.Phase != Idle {
		return nil, false
	}
	s.Phase, s.Progress, s.Problem = Measuring, protocol.Progress{}, ""
	s.Status = "Measuring this GPU."
	return protocol.Measure{}, true
}

// Receive takes a message of the worker that came at now.
func (s *State) Receive(m protocol.Message, now time.Time) {
	switch m := m.(type) {
	case protocol.Ready:
		s.Phase, s.Adapter, s.Screen = Idle, m.Adapter, Screen{}
		if s.Status == looking || s.Status == startingAgain { // a file that was opened meanwhile has said more
			s.Status = "Ready."
		}
	case protocol.Foreseen:
		s.foreseen(m)
	case protocol.Kernels:
		s.Kernels = m.Kernels
	case protocol.Progress:
		s.progress(m, now)
	case protocol.Storage:
		s.receiveStorage(m)
	case protocol.First:
		s.Run = &Run{Settings: m.Settings}
		s.show(m.Picture, 0)
	case protocol.Loaded:
		s.Loaded = m
		if s.Phase == Loading {
			s.Phase, s.Progress = Idle, protocol.Progress{}
			s.Status = "The model is ready."
			s.persist = !s.Model().Small() && !s.Storage.Persisted
		}
	case protocol.Measured:
		s.Measured = &m
		s.end()
		s.Status = "The benchmark is done: its results are under Help."
	case protocol.Started:
		s.keepTried = false // a run interrupts it
		if s.Phase == Starting {
			s.Phase = Running
		}
		s.Run = &Run{Settings: m.Settings, Notices: m.Notices, Bytes: m.Bytes, Foreseen: time.Duration(m.Seconds * float64(time.Second))}
		s.Status = strings.Join(append([]string{fmt.Sprintf("Optimising, %d steps.", m.Settings.Steps)}, m.Notices...), " ")
	case protocol.Step:
		s.step(m, now)
	case protocol.Paused:
		s.show(m.Picture, m.Step)
		s.Phase = Paused
		s.Status = fmt.Sprintf("Paused after step %d of %d.", m.Step, s.Run.Settings.Steps)
	case protocol.Done:
		s.show(m.Picture, m.Step)
		s.end()
		s.Status = fmt.Sprintf("Done: %d steps.", m.Step)
	case protocol.Stopped:
		s.stopped(m)
	case protocol.Error:
		s.fail(m)
	case protocol.Lost:
		s.Phase = Broken
		s.Screen = Screen{Title: "The GPU was reset", Detail: m.Message, Retry: true,
			Text: "The graphics device went away, so the run has ended. Your settings and the last picture are still here: start the engine again, with fewer cutouts or a smaller size if this happens often."}
		s.Status = s.Screen.Title + "."
	case protocol.Exit:
		s.Phase = Broken
		s.Screen = Screen{Title: "The engine crashed", Detail: m.Tail, Retry: true,
			Text: "This is a mistake in Reverie. Your settings and the last picture are still here: start the engine again."}
		s.Status = s.Screen.Title + "."
	}
}

// progress takes a phase's progress. A download may go on behind a run, which has a progress of its own.
func (s *State) progress(m protocol.Progress, now time.Time) {
	if s.Phase < Loading || s.Phase > Starting && s.Phase != Stopping {
		return
	}
	before := s.Progress
	if (m.Total == 0 || m.Phase == tune.Phase) && s.downloading() && before.Done < before.Total { // the run waits for the rest of its model
		return
	}
	s.Progress = m
	if m.Phase != before.Phase {
		s.rate = rate{}
		s.Status = phaseName(m.Phase) + "."
	} else if quarter := s.quarter(m); s.downloading() && quarter != s.quarter(before) && quarter < 4 {
		s.Status = fmt.Sprintf("%d %%: %s of %s.", 25*quarter, byteCount(m.Done), byteCount(m.Total))
	}
	s.rate.add(now, m.Done)
}

// quarter is how many quarters are done.
func (s *State) quarter(m protocol.Progress) int64 { return 4 * m.Done / max(m.Total, 1) }

func (s *State) step(m protocol.Step, now time.Time) {
	if s.Run == nil {
		return
	}
	r := s.Run
	r.Step = m.Step
	r.Losses = append(r.Losses, m.Loss)
	r.arrivals = append(r.arrivals, now)
	if len(r.arrivals) > paceWindow {
		r.arrivals = r.arrivals[len(r.arrivals)-paceWindow:]
	}
	if m.Picture != nil {
		s.show(m.Picture, m.Step-1)
	}
	if quarter := 4 * m.Step / r.Settings.Steps; quarter != 4*(m.Step-1)/r.Settings.Steps && m.Step < r.Settings.Steps {
		s.Status = fmt.Sprintf("%d %%: step %d of %d.", 25*quarter, m.Step, r.Settings.Steps)
	}
}

func (s *State) show(p *protocol.Picture, step int) {
	if p != nil && s.Run != nil {
		s.Shown, s.ShownAt, s.ShownRun = p, step, s.Run
	}
}

// end makes the page ready for the next run.
func (s *State) end() {
	s.forecast.asked = plans{} // the device may have shown its speed
	s.Phase, s.Progress, s.loading = Idle, protocol.Progress{}, ""
	if s.Run != nil {
		s.Run.Ended = true
	}
}

func (s *State) stopped(m protocol.Stopped) {
	paused := s.loading != "" && s.downloading()
	s.end()
	switch {
	case m.Picture == nil && paused:
		s.Status = "The download is paused: press Download models to go on from there."
		return
	case m.Picture == nil:
		s.Status = "Stopped."
		return
	}
	s.show(m.Picture, m.Step)
	s.Status = fmt.Sprintf("Stopped after step %d of %d.", m.Step, s.Run.Settings.Steps)
}

func (s *State) fail(m protocol.Error) {
	switch m.Reason {
	case protocol.NoWebGPU:
		s.Block(noWebGPU)
	case protocol.NoAdapter:
		s.Block(noAdapter)
	default:
		if s.Phase == Opening {
			s.Block(Screen{Title: "The GPU cannot be used", Text: m.Message, Retry: true})
			return
		}
		s.explain(m)
		s.end()
	}
	s.Screen.Detail = m.Message
}

// explain tells what went wrong where the person looks for it.
func (s *State) explain(m protocol.Error) {
	s.Status = m.Message
	switch {
	case m.Reason == protocol.NoRoom:
		s.NoRoom, s.ShowStorage = m.Message, true
		return
	case m.Reason == protocol.Offline && s.downloading() && s.Storage.How != "none":
		s.Status, s.brokeOff = "The download broke off: check the connection and press Download models to go on from there.", true
	case m.Reason == protocol.Offline:
		s.Status = "The model cannot be fetched: check the connection and try again."
	}
	s.Problem = s.Status
}

// Block shows a screen in place of a working page.
func (s *State) Block(screen Screen) {
	s.Phase, s.Screen, s.Status = Broken, screen, screen.Title+"."
}

// The reasons why a browser cannot run Reverie at all.
var (
	insecure = Screen{Title: "This address is not secure",
		Text: "Browsers give pages the GPU only over https:// or on this computer itself. Open Reverie by https://, or by http://localhost or http://127.0.0.1."}
	noWebGPU = Screen{Title: "This browser has no WebGPU",
		Text: "Reverie draws on your own GPU through WebGPU. It works in Chrome and Edge from 113 (on Android from 121), in Safari from 26, and in Firefox from 141 on Windows. On Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu."}
	noAdapter = Screen{Title: "No GPU answers", Retry: true,
		Text: "The browser has WebGPU but offers no graphics adapter. Turn on hardware acceleration in its settings, update the graphics driver, and look at chrome://gpu if there is one."}
)

// Retry makes the page wait for a new worker.
func (s *State) Retry() {
	s.loading = ""
	s.Phase, s.Screen, s.Loaded, s.Progress = Opening, Screen{}, protocol.Loaded{}, protocol.Progress{}
	s.Status = startingAgain
}

// phaseName is how the page names a phase of loading or preparing.
func phaseName(phase string) string {
	if phase == "" {
		return "Preparing"
	}
	return strings.ToUpper(phase[:1]) + phase[1:]
}

// paceWindow is how many of the last steps tell the pace.
const paceWindow = 16

// Pace is the mean time of the last steps; before there are three, what was foreseen.
func (r *Run) Pace() time.Duration {
	n := len(r.arrivals)
	if n < 3 {
		return r.Foreseen
	}
	return r.arrivals[n-1].Sub(r.arrivals[0]) / time.Duration(n-1)
}

// Left is the time that the rest of the run will take at the present pace, or 0 when nobody knows.
func (r *Run) Left() time.Duration { return r.Pace() * time.Duration(r.Settings.Steps-r.Step) }

// Loss is the last step's loss.
func (r *Run) Loss() (loss float64, ok bool) {
	if len(r.Losses) == 0 {
		return 0, false
	}
	return r.Losses[len(r.Losses)-1], true
}

// Percent is how much of the run is made.
func (r *Run) Percent() int {
	if r.Settings.Steps == 0 {
		return 100
	}
	return 100 * r.Step / r.Settings.Steps
}

// Title is the document's title: the percentage while a download or a run goes on.
func (s *State) Title() string {
	if (s.Phase == Loading || s.Phase == Starting) && s.downloading() && s.Progress.Total > 0 {
		return fmt.Sprintf("%d %% · Downloading · Reverie", 100*s.Progress.Done/s.Progress.Total)
	}
	if s.Run != nil && s.Phase >= Running {
		return fmt.Sprintf("%d %% · %.60s · Reverie", s.Run.Percent(), s.Run.Settings.Prompt)
	}
	return "Reverie"
}

// PreviewName is the accessible name of the preview.
func (s *State) PreviewName() string {
	if s.Run == nil {
		return fmt.Sprintf("Step 0 of %s: no picture yet", s.Form.Steps)
	}
	return fmt.Sprintf("Step %d of %d: %s", s.Run.Step, s.Run.Settings.Steps, s.Run.Settings.Prompt)
}
