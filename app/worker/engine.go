package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"reverie/app/protocol"
	"reverie/gpu"
	"reverie/gpu/clip/bpe"
	"reverie/gpu/guide"
	"reverie/gpu/kept"
	"reverie/gpu/load"
	"reverie/gpu/quick"
	"reverie/gpu/selftest"
	"reverie/gpu/store"
	"reverie/gpu/tune"
	"reverie/recipe"
	"reverie/weights"
)

// GPU is the engine on a WebGPU device.
type GPU struct {
	device  *gpu.Device
	store   store.Store
	kernels *tune.Kernels
	model   *guide.Model
	loaded  protocol.Loaded // describes model
	base    string          // of the model's folder

	perceptors map[string]*guide.Model // further CLIPs, by the URLs of their folders

	forecast *guide.Forecast // of the model at foreseen
	foreseen string

	tokenizer *bpe.Tokenizer // of the model at counted
	counted   string
}

// Open opens the fastest device that the browser offers, and what it keeps.
func (e *GPU) Open(ctx context.Context, m protocol.Open) (protocol.Ready, <-chan string, error) {
	power := gpu.Fast
	if m.GPU == string(gpu.Frugal) {
		power = gpu.Frugal
	}
	device, err := gpu.OpenOf(ctx, power)
	switch {
	case errors.Is(err, gpu.ErrNoWebGPU):
		return protocol.Ready{}, nil, reasoned{protocol.NoWebGPU, err}
	case errors.Is(err, gpu.ErrNoAdapter):
		return protocol.Ready{}, nil, reasoned{protocol.NoAdapter, err}
	case err != nil:
		return protocol.Ready{}, nil, err
	}
	e.device, e.store = device, store.Open(ctx, store.Path(m.Base))
	e.kernels = tune.Open(ctx, device, store.Open(ctx, store.Path(m.Base)+"kernels"), tune.Mode(m.Tune)) // apart from models, which come and go
	lost := make(chan string, 1)
	go func() {
		<-device.Lost()
		lost <- fmt.Sprint(device.Err())
	}()
	info := device.Info()
	return protocol.Ready{Adapter: info.String(), F16: info.F16}, lost, nil
}

// phases are the loop's phases as the page knows them.
var phases = [guide.Phases]protocol.Phase{
	guide.PhaseDownload: protocol.PhaseDownload,
	guide.PhaseLoad:     protocol.PhaseLoad,
	guide.PhasePrompt:   protocol.PhasePrompt,
	guide.PhaseStart:    protocol.PhaseStart,
	guide.PhaseCompile:  protocol.PhaseCompile,
}

// named hears the loop's progress.
func named(progress Progress) guide.Progress {
	return func(phase guide.Phase, done, total int64) { progress(phases[phase], done, total) }
}

// Load fetches a model, unless it is there.
func (e *GPU) Load(ctx context.Context, m protocol.Load, progress Progress) (protocol.Loaded, error) {
	keep := e.store
	if m.Unkept {
		keep = store.Nothing{}
	}
	if err := e.open(ctx, m.Base+m.Model+"/", keep, progress); err != nil {
		return protocol.Loaded{}, err
	}
	if err := e.model.Wait(ctx); err != nil {
		if context.Cause(ctx) != errSuperseded {
			e.drop()
		}
		return protocol.Loaded{}, err
	}
	further, err := e.needPerceptors(ctx, m.Base, m.Perceptors, keep, progress)
	if err != nil {
		return protocol.Loaded{}, err
	}
	for _, one := range further {
		if err := one.Wait(ctx); err != nil {
			return protocol.Loaded{}, err
		}
	}
	return e.loaded, nil
}

// needPerceptors makes the further CLIPs that are asked for, as the option writes them, those that are loaded, or are being loaded.
func (e *GPU) needPerceptors(ctx context.Context, base, asked string, keep store.Store, progress Progress) (list []*guide.Model, err error) {
	loaded := map[string]*guide.Model{}
	names := namesOf(asked)
	for _, name := range names {
		at := base + name + "/"
		one := e.perceptors[at]
		if one == nil || one.Failed() != nil {
			if one, err = guide.OpenPerceptor(ctx, e.device, load.From(at, keep), named(progress)); err != nil {
				break
			}
			if e.perceptors == nil {
				e.perceptors = map[string]*guide.Model{}
			}
			e.perceptors[at] = one
		}
		loaded[at], list = one, append(list, one)
	}
	e.loaded.Perceptors = strings.Join(names[:len(list)], " ")
	for at, one := range e.perceptors {
		if loaded[at] == nil {
			one.Close()
			delete(e.perceptors, at)
		}
	}
	return list, err
}

// namesOf are the folders of further CLIPs.
func namesOf(perceptors string) (names []string) {
	for _, p := range recipe.PerceptorsOf(perceptors) {
		names = append(names, p.Name)
	}
	return names
}

// open makes the model at base the one that is loaded, or is being loaded.
func (e *GPU) open(ctx context.Context, base string, keep store.Store, progress Progress) error {
	if e.device == nil {
		return problem("There is no GPU to load the model on.")
	}
	if e.model != nil && e.base == base && e.model.Failed() == nil {
		return nil
	}
	e.drop()
	source := load.From(base, keep)
	model, err := guide.Open(ctx, e.device, source, named(progress))
	if err != nil {
		return err
	}
	e.model, e.base = model, base
	e.loaded = protocol.Loaded{Model: model.Name(), Title: model.Manifest().Title, Factor: model.Factor(), Weights: model.Identity()}
	return nil
}

// need is open of a model that may be there and be of no use.
func (e *GPU) need(ctx context.Context, base string, progress Progress) error {
	if e.model != nil && e.base == base && e.model.Usable() {
		return nil
	}
	return e.open(ctx, base, e.store, progress)
}

// drop gives the model's memory back and ends its loading.
func (e *GPU) drop() {
	if e.model != nil {
		e.model.Close()
		e.model = nil
	}
}

// Start prepares a run, or takes one up.
func (e *GPU) Start(ctx context.Context, m protocol.Start, progress Progress, say func(protocol.Message)) (Run, protocol.Started, error) {
	state, err := stateOf(m)
	if err != nil {
		return nil, protocol.Started{}, err
	}
	if err := e.need(ctx, m.Base+recipe.Model.In(m.Script.Recipe)+"/", progress); err != nil {
		return nil, protocol.Started{}, err
	}
	further, err := e.needPerceptors(ctx, m.Base, recipe.Perceptors.In(m.Script.Recipe), e.store, progress)
	if err != nil {
		return nil, protocol.Started{}, err
	}
	script, told, err := resolve(m.Script, e.model.Manifest())
	if err != nil {
		return nil, protocol.Started{}, err
	}
	started := protocol.Started{Script: script, Notices: told}
	config := guide.Config{Script: script, Init: (*guide.Picture)(m.Init), Images: byName(m.Images), State: state, Perceptors: further}
	config.First = func(p guide.Picture) {
		picture := protocol.Picture(p)
		say(protocol.First{Script: script, Picture: &picture})
	}
	session, notices, err := guide.NewSession(ctx, e.model, config, named(progress))
	if err != nil {
		if !e.model.Usable() {
			e.drop()
		}
		return nil, started, err
	}
	footprint := session.Footprint()
	say(e.loaded)
	started.Step, started.Notices = session.Step(), append(started.Notices, notices...)
	started.Bytes, started.Seconds = footprint.Bytes, footprint.Seconds
	return &gpuRun{session, e.model, e.kernels}, started, nil
}

// resolve is a script as it runs with a model.
func resolve(s recipe.Script, model *weights.Manifest) (recipe.Script, []string, error) {
	return s.Suggest(model.Suggested).Check(model.VQGAN.Factor())
}

// stateOf is the state from which a run is to go on, or nil.
func stateOf(m protocol.Start) (*guide.State, error) {
	if m.State == nil {
		return nil, nil
	}
	return guide.ParseState(m.State.Data)
}

func byName(images []protocol.Named) map[string]guide.Picture {
	pictures := map[string]guide.Picture{}
	for _, image := range images {
		pictures[image.Name] = guide.Picture(image.Picture)
	}
	return pictures
}

// Tune times kernels where nothing is known of the device. A run does without when that fails.
func (e *GPU) Tune(ctx context.Context, progress Progress) (tuned bool, err error) {
	if e.kernels == nil || !e.kernels.Due() {
		return false, nil
	}
	err = e.kernels.Tune(ctx, tune.Limit, func(done, total int) { progress(protocol.PhaseTune, int64(done), int64(total)) })
	return err == nil, ctx.Err()
}

// Kernels tells which variants the device runs.
func (e *GPU) Kernels() protocol.Kernels {
	var m protocol.Kernels
	for _, c := range e.kernels.Choices() {
		m.Kernels = append(m.Kernels, protocol.Kernel(c))
	}
	return m
}

// Foresee records the run on a planner.
func (e *GPU) Foresee(ctx context.Context, m protocol.Foresee, idle bool) (protocol.Foreseen, error) {
	if e.device == nil {
		return protocol.Foreseen{}, problem("There is no GPU to plan for.")
	}
	if err := e.plan(ctx, m.Base, recipe.Model.In(m.Recipe), namesOf(recipe.Perceptors.In(m.Recipe))); err != nil {
		return protocol.Foreseen{}, err
	}
	if idle {
		if err := guide.Calibrate(ctx, e.device); err != nil {
			return protocol.Foreseen{}, err
		}
	}
	manifest := e.forecast.Manifest()
	chosen, _, err := resolve(recipe.Script{Recipe: m.Recipe}, manifest)
	if err != nil {
		return protocol.Foreseen{}, err
	}
	footprint, err := e.forecast.Run(ctx, chosen.Recipe)
	var large *guide.TooLarge
	if errors.As(err, &large) {
		return protocol.Foreseen{ID: m.ID, Problem: large.Error()}, nil
	}
	if err != nil {
		e.forecast = nil // a planner keeps its first error
	}
	return protocol.Foreseen{ID: m.ID, Bytes: footprint.Bytes, Seconds: footprint.Seconds}, err
}

// plan makes the forecast that of a model and further CLIPs.
func (e *GPU) plan(ctx context.Context, base, model string, further []string) error {
	key := strings.Join(append([]string{base, model}, further...), " ")
	if e.forecast != nil && e.foreseen == key {
		return nil
	}
	var manifests []*weights.Manifest
	for _, name := range append([]string{model}, further...) {
		manifest, err := load.From(base+name+"/", e.store).Look(ctx)
		if err != nil {
			return err
		}
		manifests = append(manifests, manifest)
	}
	f, err := guide.NewForecast(ctx, e.device, manifests[0], manifests[1:]...)
	if err == nil {
		e.forecast, e.foreseen = f, key
	}
	return err
}

// Count cuts texts into tokens, for which it fetches the model's vocabulary.
func (e *GPU) Count(ctx context.Context, m protocol.Count) (protocol.Counted, error) {
	if at := m.Base + m.Model + "/"; e.tokenizer == nil || e.counted != at {
		source := load.From(at, e.store)
		manifest, err := source.Look(ctx)
		if err != nil {
			return protocol.Counted{}, err
		}
		vocabulary, err := source.Vocabulary(ctx, manifest)
		if err != nil {
			return protocol.Counted{}, err
		}
		tokenizer, err := bpe.New(vocabulary, manifest.CLIP.VocabSize, manifest.CLIP.ContextLength)
		if err != nil {
			return protocol.Counted{}, err
		}
		e.tokenizer, e.counted = tokenizer, at
	}
	told := protocol.Counted{ID: m.ID, Limit: e.tokenizer.Usable()}
	for _, text := range m.Texts {
		told.Tokens = append(told.Tokens, e.tokenizer.Encode(text).Count)
	}
	return told, nil
}

// Measure times a few kernels.
func (e *GPU) Measure(ctx context.Context, progress Progress) (protocol.Measured, error) {
	if e.device == nil {
		return protocol.Measured{}, problem("There is no GPU to measure.")
	}
	results, err := quick.Run(ctx, e.device, func(done int) { progress(protocol.PhaseMeasure, int64(done), int64(quick.Count())) })
	var m protocol.Measured
	for _, r := range results {
		m.Speeds = append(m.Speeds, protocol.Speed{Workload: r.Workload, Milliseconds: r.Milliseconds, Rate: r.Rate()})
	}
	return m, err
}

// SelfTest runs the CLIP of a model on the texts of which something is published. Pictures are cmd/weights', which has them: all that is common is in use
// here already, and what they take besides every visitor would download.
func (e *GPU) SelfTest(ctx context.Context, m protocol.SelfTest) (protocol.SelfTested, error) {
	if e.device == nil {
		return protocol.SelfTested{}, problem("There is no GPU to test the model on.")
	}
	report, err := selftest.Texts(ctx, e.device, load.From(m.Base+m.Model+"/", e.store))
	within, differs := report.Summary()
	return protocol.SelfTested{Model: m.Model, Of: report.Model, Within: within, Differs: differs}, err
}

// Keep stores a model without loading it.
func (e *GPU) Keep(ctx context.Context, m protocol.Keep) error {
	return load.From(m.Base+m.Model+"/", e.store).Keep(ctx)
}

// Delete removes a model.
func (e *GPU) Delete(ctx context.Context, m protocol.Delete) error {
	if e.model != nil {
		if clip, vqgan := recipe.Halves(e.loaded.Model); clip == m.Model || vqgan == m.Model {
			e.drop()
		}
	}
	for at, one := range e.perceptors {
		if strings.HasSuffix(at, "/"+m.Model+"/") {
			one.Close()
			delete(e.perceptors, at)
		}
	}
	err := kept.Forget(ctx, e.store, m.Model)
	if errors.Is(err, store.ErrBusy) {
		return problem("Another tab uses this model: close it and delete the model again.")
	}
	return err
}

// Storage tells what is stored, and for what.
func (e *GPU) Storage(ctx context.Context) (protocol.Storage, error) {
	models, err := kept.List(ctx, e.store)
	if err != nil {
		return protocol.Storage{}, err
	}
	room, err := e.store.Room(ctx)
	if err != nil {
		return protocol.Storage{}, err
	}
	s := protocol.Storage{How: string(e.store.Kind()), Usage: room.Usage, Quota: room.Quota, Persisted: room.Persisted}
	for _, k := range models {
		s.Models = append(s.Models, modelOf(k))
	}
	return s, nil
}

// modelOf describes a kept model.
func modelOf(k kept.Model) protocol.Model {
	m := protocol.Model{Name: k.Name, Title: k.Manifest.Title, Bytes: k.Total, Stored: k.Stored, CLIP: protocol.Half{Bytes: k.CLIP.Total, Stored: k.CLIP.Stored},
		VQGAN: protocol.Half{Bytes: k.VQGAN.Total, Stored: k.VQGAN.Stored}, Suggested: k.Manifest.Suggested}
	if k.Manifest.HasVQGAN() {
		m.Factor = k.Manifest.VQGAN.Factor()
	}
	return m
}

// gpuRun is a guide.Session in the protocol's terms.
type gpuRun struct {
	*guide.Session
	model   *guide.Model
	kernels *tune.Kernels
}

// Close keeps the speed that the run has shown.
func (r *gpuRun) Close() {
	r.Session.Close()
	r.kernels.Keep(context.Background()) // else the next visit measures it
}

func (r *gpuRun) Report(ctx context.Context) (protocol.Step, error) {
	report, err := r.Session.Report(ctx)
	if err != nil {
		return protocol.Step{}, err
	}
	return r.stepOf(report), nil
}

func (r *gpuRun) stepOf(report guide.Report) protocol.Step {
	step := protocol.Step{Step: report.Step, Loss: report.Loss, Losses: report.Losses, Perceptors: report.Perceptors, Milliseconds: report.Milliseconds, Tokens: packed(report.Tokens)}
	if report.Pixels != nil {
		width, height := r.Size()
		step.Picture = &protocol.Picture{Width: width, Height: height, Pix: report.Pixels}
	}
	return step
}

// packed are tokens as messages have them; nil for none.
func packed[T uint16 | uint32](tokens []T) *protocol.Bytes {
	if len(tokens) == 0 {
		return nil
	}
	b := make([]byte, 0, 2*len(tokens))
	for _, code := range tokens {
		b = binary.LittleEndian.AppendUint16(b, uint16(code))
	}
	return &protocol.Bytes{Data: b}
}

// unpacked are the tokens that Look names.
func unpacked(m protocol.Look) []uint16 {
	var tokens []uint16
	if m.Tokens != nil {
		for b := m.Tokens.Data; len(b) >= 2; b = b[2:] {
			tokens = append(tokens, binary.LittleEndian.Uint16(b))
		}
	}
	return tokens
}

// drawing is how the run of a Look draws.
func drawing(by *guide.Model, m protocol.Look) guide.Drawing {
	return by.Drawing(recipe.New(recipe.Tile.Is(m.Tile), recipe.Mirror.Is(m.Mirror), recipe.Transparent.Is(m.Clear), recipe.Window.Is(m.Window)))
}

// Look decodes tokens while no run is under way.
func (e *GPU) Look(ctx context.Context, m protocol.Look, progress Progress) (*protocol.Picture, error) {
	if err := e.need(ctx, m.Base+m.Model+"/", progress); err != nil {
		return nil, err
	}
	return pictureOf(e.model.Look(ctx, m.Height, m.Width, m.Half, drawing(e.model, m), unpacked(m)))
}

func pictureOf(p guide.Picture, err error) (*protocol.Picture, error) {
	if err != nil {
		return nil, err
	}
	picture := protocol.Picture(p)
	return &picture, nil
}

// Look decodes tokens between two updates: of the run's present size in its memory.
func (r *gpuRun) Look(ctx context.Context, m protocol.Look) (*protocol.Picture, error) {
	width, height := r.Size()
	if factor := r.model.Factor(); m.Width*factor == width && m.Height*factor == height {
		return pictureOf(r.Session.Look(ctx, unpacked(m)))
	}
	return pictureOf(r.model.Look(ctx, m.Height, m.Width, m.Half, drawing(r.model, m), unpacked(m)))
}

// Inspect tells what is inside the next update.
func (r *gpuRun) Inspect(ctx context.Context, stay bool) (*protocol.Step, protocol.Inspected, error) {
	report, in, err := r.Session.Inspect(ctx, stay)
	if errors.Is(err, guide.ErrNoInside) || errors.Is(err, guide.ErrInWindows) {
		return nil, protocol.Inspected{Problem: err.Error()}, nil
	}
	if err != nil {
		return nil, protocol.Inspected{}, err
	}
	told := inspected(in)
	if report == nil {
		told.Coming = true
		return nil, told, nil
	}
	step := r.stepOf(*report)
	return &step, told, nil
}

func (r *gpuRun) Picture(ctx context.Context) (*protocol.Picture, error) {
	return pictureOf(r.Session.Picture(ctx))
}

func (r *gpuRun) Apply(ctx context.Context, progress Progress) (protocol.Changed, error) {
	notices, err := r.Session.Apply(ctx, named(progress))
	return protocol.Changed{Step: r.Step(), Script: r.Script(), Notices: notices}, err
}

func (r *gpuRun) Change(ctx context.Context, m protocol.Change, progress Progress) (protocol.Changed, error) {
	notices, err := r.Session.Change(ctx, m.Set, byName(m.Images), named(progress))
	changed := protocol.Changed{Step: r.Step(), Notices: notices}
	if err != nil {
		if !r.Session.Usable() {
			return changed, err
		}
		changed.Problem = err.Error()
	}
	changed.Script = r.Script()
	return changed, nil
}

func (r *gpuRun) Save(ctx context.Context) (protocol.Saved, error) {
	state, err := r.Export(ctx)
	if err != nil {
		return protocol.Saved{}, err
	}
	return r.saved(state)
}

func (r *gpuRun) saved(state *guide.State) (protocol.Saved, error) {
	data, err := state.MarshalBinary()
	told := protocol.Saved{Step: state.Step, Script: state.Script, State: &protocol.Bytes{Data: data}}
	if r.model.TellsTokens() {
		told.Tokens = packed(state.Tokens)
	}
	return told, err
}

func (r *gpuRun) Astray(ctx context.Context) (protocol.Saved, error) {
	good, why := r.Session.Astray(ctx)
	if good == nil {
		return protocol.Saved{}, why
	}
	told, err := r.saved(good)
	return told, errors.Join(err, problem(why.Error()))
}
