package ui

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
)

// Phase is what the page and its worker are doing.
type Phase int

const (
	Opening   Phase = iota // waiting for the device
	Broken                 // Screen says why nothing can run
	Idle                   // ready for Start
	Loading                // fetching a model
	Measuring              // finding how fast the device is, or whether a model gives what is published of it
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

// State is everything the page shows, and how messages and buttons change it. It knows nothing of the browser.
type State struct {
	Phase    Phase
	Screen   Screen // when Broken
	Adapter  string
	Draft            // what the next run is made from
	Models   []Model // that can be chosen as they are
	Storage  protocol.Storage
	Loaded   protocol.Loaded
	Progress protocol.Progress // when Loading or Starting
	NoRoom   string            // why the chosen model cannot be kept, and what to do
	Run      *Run
	Shown    *protocol.Picture // the newest picture
	ShownAt  int               // the updates made before it
	ShownRun *Run              // the run that it belongs to
	Offer    *Opened           // a picture that was opened for its settings and could be the start, too

	Measured *protocol.Measured // how fast the device is, once somebody asked
	Kernels  []protocol.Kernel  // that the device runs

	Status  string   // the one line that screen readers speak
	Problem string   // what is wrong with the last thing the person did
	Wrong   string   // the id of the field that Problem is about, or ""
	Notices []string // what to know about the settings that were opened
	Update  bool     // whether a new version of the page waits

	recheck func() error            // whether Problem still stands, where the person can mend that in the form
	undo    *undo                   // what was replaced and can come back
	edits   map[*recipe.Option]bool // what the form says anew since a run took it
	anew    []*recipe.Option        // of these, what the run under way cannot take
	next    *Run                    // that is being started
	look    lookBack
	inside  insight
	brush   brush
	queue
	imports importing
	looks   int           // pictures of tokens that were asked for
	changes int           // that were sent
	flush   bool          // the run that has begun may have to take what was edited meanwhile
	restart bool          // another run begins when this one has ended
	draw    func() uint64 // new seeds

	surprise string // the words with which the page has surprised last

	finished   *finishedPicture // that is to be kept
	keepDue    bool             // what the browser keeps of the run is not the newest
	keepFailed bool             // it cannot keep it, and the person knows
	awaited    string           // the name of a start picture that the browser may have kept

	fresh     bool // nobody has chosen anything yet
	opening   int  // files that are being decoded
	forecast  forecast
	tokens    tokens
	listed    []Model         // by the site
	folders   []Model         // those and what only this device has, halves of pairs too
	unlisted  bool            // the site's list cannot be fetched
	loading   string          // the model that is being downloaded
	rate      rate            // of the download
	brokeOff  bool            // it ended because the connection did
	deleting  string          // the model that is being deleted
	unwanted  map[string]bool // models that the person deleted in this visit
	keepTried bool            // see Keep
	persist   bool            // see TakePersist

	reset    bool // the GPU was, under this page
	heard    bool // the worker has spoken
	silence  int  // turns since then
	stopping int  // turns since Stop was pressed
	still    int  // turns since a download has got on
	replaced bool // it took the place of a silent one, and no device is open yet
}

// NewState is the page before anything is known.
func NewState() State {
	return State{
		Status: looking,
		draw:   rand.Uint64,
		brush:  brush{size: brushSize},
	}
}

// Working says whether a run or a download is under way.
func (s *State) Working() bool { return s.Phase >= Loading }

// Model returns the chosen model's entry; its Factor is 0 when the site does not list it.
func (s *State) Model() Model { return s.model(s.Form.Model()) }

func (s *State) model(name string) Model {
	if m, err := FindModel(s.folders, name); err == nil {
		return m
	}
	return Model{Name: name}
}

// PressStart begins a run of the draft, or says what is wrong with it. Base is the URL of the models' folders. Before there is a device it says that the run
// begins then; while the model is being downloaded, the run begins as its parts arrive.
func (s *State) PressStart(base string) (protocol.Message, bool) {
	if s.Phase == Opening {
		s.restart, s.Status = true, beginsWithGPU
		return nil, false
	}
	if s.Phase != Idle && s.Phase != Loading {
		return nil, false
	}
	s.settle()
	script, err := s.check()
	if err != nil {
		s.complain(err, func() error { _, err := s.check(); return err })
		return nil, false
	}
	if !s.Form.Locked {
		seed := recipe.Seed.Is(s.draw())
		script.Recipe = script.Recipe.With(seed)
		s.Form = s.Form.With(recipe.Seed.Option, recipe.Seed.Format(seed.Value))
	}
	start := protocol.Start{Base: base, Script: script, Images: s.pictures()}
	if s.Start != nil {
		start.Init = &s.Start.Picture
	}
	s.next = &Run{start: s.Start, pictures: start.Images}
	s.edits, s.anew, s.undo = nil, nil, nil
	s.brush.shown = false // the picture is what to look at
	s.Status = preparingRun
	if s.Phase == Loading {
		s.Status = beginsWhenHere
	} else {
		s.Progress = protocol.Progress{}
	}
	s.Phase, s.queue.next = Starting, false
	return start, true
}

// check reads the draft and finds what cannot run. The engine rounds what can be rounded and tells.
func (s *State) check() (recipe.Script, error) {
	r, err := s.Recipe()
	script := recipe.Script{Recipe: r, Changes: s.Changes}
	if err != nil {
		return script, err
	}
	if err := s.ready(r); err != nil {
		return script, err
	}
	factor := max(s.Model().Factor, 1)
	if _, _, err := r.Check(factor); err != nil {
		return script, err
	}
	if _, _, err := script.Check(factor); err != nil {
		return script, errors.New(err.Error()) // of the changes, which have no fields
	}
	if problem := s.foreseenProblem(r); problem != "" {
		return script, errors.New(problem)
	}
	return script, nil
}

// PressLoad fetches the chosen model without starting a run. Unkept asks for it though there is no room to keep it.
func (s *State) PressLoad(base string, unkept bool) (protocol.Message, bool) {
	if s.Phase != Idle {
		return nil, false
	}
	s.settle()
	s.Phase, s.Progress, s.NoRoom = Loading, protocol.Progress{}, ""
	s.loading, s.brokeOff = s.Form.Model(), false
	return protocol.Load{Base: base, Model: s.loading, Perceptors: s.perceptors(), Unkept: unkept}, true
}

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
	s.Status = fmt.Sprintf(resumedText, s.Run.afterStep())
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
	s.settle()
	s.Phase, s.Progress = Measuring, protocol.Progress{}
	s.Status = measuringGPU
	return protocol.Measure{}, true
}

// Receive takes a message of the worker that came at now.
func (s *State) Receive(m protocol.Message, now time.Time) {
	s.heard, s.silence = true, 0
	switch m := m.(type) {
	case protocol.Ready:
		s.Phase, s.Adapter, s.Screen, s.replaced = Idle, m.Adapter, Screen{}, false
		if s.Status == looking || s.Status == startingAgain { // a file that was opened meanwhile has said more
			s.Status = s.readyText()
		}
	case protocol.Looked:
		s.looked(m)
	case protocol.Inspected:
		s.inspected(m)
	case protocol.Foreseen:
		s.foreseen(m)
	case protocol.Counted:
		s.counted(m)
	case protocol.Kernels:
		s.Kernels = m.Kernels
	case protocol.Progress:
		s.progress(m, now)
	case protocol.Storage:
		s.receiveStorage(m)
	case protocol.First:
		s.first(m)
	case protocol.Loaded:
		s.Loaded = m
		if s.Phase == Loading {
			s.Phase, s.Progress = Idle, protocol.Progress{}
			s.Status = modelReady
			s.persist = !s.Model().Small() && !s.Storage.Persisted
		}
	case protocol.Measured:
		s.Measured = &m
		s.end()
		s.Status = benchmarkDone
	case protocol.SelfTested:
		s.end()
		s.Status = s.testedText(m)
	case protocol.Started:
		s.started(m)
	case protocol.Changed:
		s.changed(m)
	case protocol.Saved:
		if s.Run != nil {
			s.Run.Script, s.Run.saved = m.Script, saved{m.Step, m.State.Data}
			if m.Tokens != nil {
				s.Run.history.Add(m.Step, m.Tokens.Data)
			}
			s.keepDue = true
		}
	case protocol.Step:
		s.step(m, now)
		s.dreamt()
	case protocol.Paused:
		s.paused(m)
	case protocol.Done:
		if s.Run != nil {
			s.Run.Step, s.Run.done, s.keepDue = m.Step, true, true
		}
		s.show(m.Picture, m.Step)
		s.finish()
		s.ran(m.Step)
		s.end()
		s.Status = fmt.Sprintf(doneText, count(m.Step, "step"))
	case protocol.Stopped:
		s.stopped(m)
	case protocol.Error:
		s.fail(m)
	case protocol.Lost:
		s.broken()
		s.reset = true
		s.Screen = Screen{Title: gpuResetTitle, Detail: m.Message, Retry: true,
			Text: fmt.Sprintf(gpuResetText, s.thenResume())}
		s.Status = s.Screen.Title + "."
	case protocol.Exit:
		s.broken()
		s.Screen = Screen{Title: engineCrashedTitle, Detail: m.Tail, Retry: true,
			Text: fmt.Sprintf(engineCrashedText, s.thenResume())}
		if strings.Contains(strings.ToLower(m.Tail), "out of memory") { // as Go says it, or the browser of WebAssembly's memory
			s.Screen.Title = outOfMemoryTitle
			s.Screen.Text = fmt.Sprintf(outOfMemoryText, s.thenResume())
		}
		s.Status = s.Screen.Title + "."
	}
}

// progress takes a phase's progress. A download may go on behind a run, which has a progress of its own.
func (s *State) progress(m protocol.Progress, now time.Time) {
	if s.Phase < Loading || s.Phase > Starting && s.Phase != Stopping {
		return
	}
	before := s.Progress
	if (m.Total == 0 || m.Phase == protocol.PhaseTune) && s.downloading() && before.Done < before.Total { // the run waits for the rest of its model
		return
	}
	s.Progress, s.still = m, 0
	if m.Phase != before.Phase {
		s.rate = rate{}
		s.Status = PhaseName(m.Phase) + "."
	} else if quarter := s.quarter(m); s.downloading() && quarter != s.quarter(before) && quarter < 4 {
		s.Status = fmt.Sprintf(modelPartHere, quarters[quarter])
	}
	s.rate.add(now, m.Done)
}

// quarter is how many quarters are done.
func (s *State) quarter(m protocol.Progress) int64 { return 4 * m.Done / max(m.Total, 1) }

// first takes the picture that a run starts from.
func (s *State) first(m protocol.First) {
	if s.next == nil {
		return
	}
	s.Run = s.next
	s.stopLooking()
	s.Run.Script = m.Script
	if s.Loaded.Model == recipe.Model.In(m.Script.Recipe) {
		s.Run.loaded = s.Loaded
	}
	s.show(m.Picture, s.Run.Step)
}

// started takes the news that the first step is to come.
func (s *State) started(m protocol.Started) {
	s.keepTried = false // a run interrupts it
	if s.Phase == Starting {
		s.Phase = Running
	}
	r := s.next
	if r == nil {
		r = &Run{}
	}
	r.Script, r.Step, r.Notices, r.Bytes, r.Foreseen = m.Script, m.Step, m.Notices, m.Bytes, time.Duration(m.Seconds*float64(time.Second))
	r.loaded, r.Ended, r.cut = s.Loaded, false, false
	s.Run, s.next = r, nil
	s.stopLooking()
	s.unasked()
	s.flush, s.keepDue = len(s.edits) > 0, true
	text := optimisingEndless
	if steps, end := r.Steps(); end && r.Step > 0 {
		text = fmt.Sprintf(optimisingFrom, r.Step, steps)
	} else if end {
		text = fmt.Sprintf(optimisingText, count(steps, "step"))
	}
	s.Status = strings.Join(append([]string{text}, m.Notices...), " ")
}

func (s *State) step(m protocol.Step, now time.Time) {
	if s.Run == nil {
		return
	}
	r := s.Run
	r.step(m, now)
	if m.Picture != nil {
		s.show(m.Picture, m.Step-1)
	}
	steps, end := r.Steps()
	if !end || m.Step >= steps {
		return
	}
	if quarter := 4 * m.Step / steps; quarter != 4*(m.Step-1)/steps {
		s.Status = fmt.Sprintf(stepsPartMade, quarters[quarter])
	}
}

func (s *State) paused(m protocol.Paused) {
	if s.Run == nil || s.Phase != Pausing && s.Phase != Running {
		return
	}
	s.show(m.Picture, m.Step)
	s.Phase = Paused
	s.Status = fmt.Sprintf(pausedText, s.Run.afterStep())
}

func (s *State) show(p *protocol.Picture, step int) {
	if p != nil && s.Run != nil {
		s.Shown, s.ShownAt, s.ShownRun = p, step, s.Run
	}
}

// end makes the page ready for the next run.
func (s *State) end() {
	s.forecast.asked = "" // the device may have shown its speed
	s.regrow()
	s.Phase, s.Progress, s.loading = Idle, protocol.Progress{}, ""
	s.next, s.anew, s.flush = nil, nil, false
	s.unasked()
	if s.Run != nil {
		s.Run.Ended = true
		s.unsent()
		s.dreamt()
	}
}

// broken takes the loss of the engine: a run that was under way can be resumed.
func (s *State) broken() {
	if s.Run != nil && !s.Run.Ended && s.Phase >= Running {
		s.Run.cut = true
	}
	s.end()
	s.restart = false
	s.Phase = Broken
}

// thenResume goes on after "start the engine again".
func (s *State) thenResume() string {
	if s.Run == nil || !s.Run.cut {
		return ""
	}
	return fmt.Sprintf(thenResumeText, s.Run.saved.Step)
}

// readyText says that the engine is ready.
func (s *State) readyText() string {
	if step, ok := s.Resumable(); ok {
		return fmt.Sprintf(readyToResume, step)
	}
	return isReady
}

func (s *State) stopped(m protocol.Stopped) {
	if s.Phase != Stopping { // what was to be stopped had ended by itself
		return
	}
	paused := s.loading != "" && s.downloading()
	s.end()
	switch {
	case m.Picture == nil && paused:
		s.Status = downloadPaused
		return
	case m.Picture == nil:
		s.Status = stoppedPlain + s.queueWaits()
		return
	}
	s.show(m.Picture, m.Step)
	s.Run.Step, s.keepDue = m.Step, true
	s.finish()
	s.Status = fmt.Sprintf(stoppedText, s.Run.afterStep()) + s.queueWaits()
}

func (s *State) fail(m protocol.Error) {
	switch m.Reason {
	case protocol.NoWebGPU:
		s.Block(noWebGPU)
	case protocol.NoAdapter:
		screen := noAdapter
		if s.reset {
			screen = noAdapterAnyMore
		}
		s.Block(screen)
	case protocol.NoEngine:
		s.Block(noEngine)
	default:
		if s.Phase == Opening {
			s.Block(Screen{Title: gpuUnusable, Text: m.Message, Retry: true})
			return
		}
		s.brokeOff = s.brokeOff || (m.Reason == protocol.Offline || m.Reason == protocol.Busy) && s.downloading() && s.Storage.How != "none"
		s.end()
		s.restart = false
		s.explain(m)
	}
	s.Screen.Detail = m.Message
}

// explain tells what went wrong where the person looks for it.
func (s *State) explain(m protocol.Error) {
	text := m.Message
	switch {
	case m.Reason == protocol.NoRoom:
		s.Status, s.NoRoom = text, text
		return
	case m.Reason == protocol.Offline && s.brokeOff:
		text = downloadBrokeOff
	case m.Reason == protocol.Offline:
		text = modelUnfetched
	}
	s.complain(errors.New(text), nil)
}

// Block shows a screen in place of a working page.
func (s *State) Block(screen Screen) {
	s.Phase, s.Screen, s.Status = Broken, screen, screen.Title+"."
}

// The reasons why a browser cannot run Reverie at all.
var (
	insecure = Screen{Title: insecureTitle,
		Text: insecureText}
	noWebGPU = Screen{Title: noWebGPUTitle,
		Text: noWebGPUText}
	noEngine = Screen{Title: noEngineTitle, Retry: true,
		Text: noEngineText}
	// Chromium gives a page no adapter any more once the GPU was reset twice under it, until the person loads it anew: location.reload does not help.
	noAdapterAnyMore = Screen{Title: noGPUTitle, Retry: true,
		Text: gpuWithheld}
	noAdapter = Screen{Title: noGPUTitle, Retry: true,
		Text: noAdapterText}
)

// Retry makes the page wait for a new worker.
func (s *State) Retry() {
	s.loading, s.heard, s.silence = "", false, 0
	s.Phase, s.Screen, s.Loaded, s.Progress = Opening, Screen{}, protocol.Loaded{}, protocol.Progress{}
	s.Status = startingAgain
}

// PhaseName says what goes on while the page waits.
func PhaseName(phase protocol.Phase) string {
	switch phase {
	case protocol.PhaseDownload:
		return phaseDownload
	case protocol.PhaseLoad:
		return phaseLoad
	case protocol.PhasePrompt:
		return phasePrompt
	case protocol.PhaseStart:
		return phaseStart
	case protocol.PhaseCompile:
		return phaseCompile
	case protocol.PhaseTune:
		return phaseTune
	case protocol.PhaseMeasure:
		return measuringPhase
	}
	return phaseElse
}

// Title is the document's title: the percentage while a download or a run goes on.
func (s *State) Title() string {
	if (s.Phase == Loading || s.Phase == Starting) && s.downloading() && s.Progress.Total > 0 {
		return fmt.Sprintf(titleDownloading, 100*s.Progress.Done/s.Progress.Total)
	}
	if s.Run == nil || s.Phase < Running {
		return reverieName
	}
	if percent, end := s.Run.Percent(); end {
		return fmt.Sprintf(titlePercent, percent, s.Run.Prompt())
	}
	return fmt.Sprintf(titleStep, s.Run.Step, s.Run.Prompt())
}

// PreviewName is the accessible name of the preview.
func (s *State) PreviewName() string {
	if s.Run == nil {
		return fmt.Sprintf(previewEmpty, s.Form.Text(recipe.Steps.Option))
	}
	if s.look.on {
		return fmt.Sprintf(previewBack, s.Run.atStep(s.look.step), recipe.Prompt.In(s.Run.Script.At(s.look.step)))
	}
	return s.Run.At() + ": " + s.Run.Prompt()
}
