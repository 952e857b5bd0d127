package worker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"reverie/app/protocol"
	"reverie/gpu/guide"
	"reverie/gpu/load"
	"reverie/gpu/store"
)

// saveInterval is how often a run is saved by itself.
const saveInterval = 30 * time.Second

// run makes all steps of one picture, as far as the page lets it, and returns Done or Stopped.
func (s *server) run(ctx, preparing context.Context, j *job, m protocol.Start) (protocol.Message, error) {
	made, started, err := s.engine.Start(preparing, m, s.progress, s.say)
	if err != nil {
		return nil, err
	}
	defer made.Close()
	s.say(started)
	r := &running{server: s, job: j, run: made, saved: time.Now(), every: m.Every, frames: m.Frames, shot: made.Step()}
	for {
		ended, err := r.rest(ctx)
		if ended != nil || err != nil {
			return ended, err
		}
		if err := r.work(ctx); err != nil {
			return nil, err
		}
	}
}

// running is a run on its way.
type running struct {
	*server
	job      *job
	run      Run
	underWay int               // updates that were begun and not reported
	ahead    int               // how many may be
	shown    time.Time         // when a picture was last asked for
	saved    time.Time         // when the run was last saved
	every    int               // how many steps lie between pictures that were asked for, or 0
	frames   bool              // those of frames are asked for, too
	shot     int               // the step of the last of these
	inspect  *protocol.Inspect // a wish for the inside of the next update
}

// rest is what happens between updates, while none is under way: wishes, changes of the script, saving, and the end, which it returns.
func (r *running) rest(ctx context.Context) (ended protocol.Message, err error) {
	stop, err := r.obey(ctx)
	if err != nil {
		return nil, err
	}
	if stop {
		picture, err := r.leave(ctx)
		return protocol.Stopped{Step: r.run.Step(), Picture: picture}, err
	}
	if r.mustShow() {
		if err := r.show(ctx); err != nil {
			return nil, err
		}
	}
	if r.run.Due() {
		changed, err := r.run.Apply(ctx, r.progress)
		if err != nil {
			return nil, errors.Join(err, r.save(ctx))
		}
		r.say(changed)
	}
	if r.run.Finished() {
		picture, err := r.leave(ctx)
		return protocol.Done{Step: r.run.Step(), Picture: picture}, err
	}
	if r.mustSave() {
		return nil, r.save(ctx)
	}
	return nil, nil
}

// work begins and reports updates until there is something to do between them.
func (r *running) work(ctx context.Context) error {
	if r.inspect != nil {
		if err := r.inside(ctx, true); err != nil || r.wanted() {
			return err
		}
	}
	r.ahead = max(r.ahead, 1)
	for {
		// Who wishes for something waits for what is under way, and for nothing more.
		for r.underWay < r.ahead && (r.underWay == 0 || !r.wanted()) {
			if err := r.submit(); err != nil {
				return err
			}
		}
		report, err := r.run.Report(ctx)
		if err != nil {
			return err
		}
		r.underWay--
		if !finite(report) {
			return r.astray(ctx)
		}
		r.ahead = submittedAhead(report.Milliseconds)
		r.say(report)
		if r.wanted() {
			if r.underWay == 0 {
				return nil
			}
			r.ahead = r.underWay // no more until these are reported
		}
	}
}

// inside tells what is inside the next update, as was wished, and makes it if it is to stay. What the device has no room for is told, and the
// run goes on.
func (r *running) inside(ctx context.Context, stay bool) error {
	wish := *r.inspect
	r.inspect = nil
	step, inside, err := r.run.Inspect(ctx, stay)
	if err != nil {
		return err
	}
	if step != nil {
		if !finite(*step) {
			return r.astray(ctx)
		}
		r.say(*step)
	}
	inside.ID = wish.ID
	r.say(inside)
	return nil
}

// wanted says whether there is something to do between updates.
func (r *running) wanted() bool {
	return r.job.wishes.waiting() || r.run.Due() || r.run.Finished() || r.mustSave() || r.mustShow()
}

// mustShow says whether the picture after the updates that were begun was asked for.
func (r *running) mustShow() bool {
	begun := r.run.Step() + r.underWay
	return begun > r.shot && (r.every > 0 && begun%r.every == 0 || r.frames && r.run.Frame(begun))
}

func (r *running) show(ctx context.Context) error {
	picture, err := r.run.Picture(ctx)
	r.shot = r.run.Step()
	if err == nil {
		r.say(protocol.Shot{Step: r.shot, Picture: picture})
	}
	return err
}

func (r *running) submit() error {
	show := time.Since(r.shown) >= previewInterval
	if show {
		r.shown = time.Now()
	}
	r.underWay++
	return r.run.Submit(show)
}

func (r *running) mustSave() bool { return time.Since(r.saved) >= saveInterval }

func (r *running) save(ctx context.Context) error {
	saved, err := r.run.Save(ctx)
	if errors.Is(err, guide.ErrAstray) {
		return r.astray(ctx)
	}
	if err == nil {
		r.saved = time.Now()
		r.say(saved)
	}
	return err
}

// leave saves the run and returns its picture.
func (r *running) leave(ctx context.Context) (*protocol.Picture, error) {
	if err := r.save(ctx); err != nil {
		return nil, err
	}
	return r.run.Picture(ctx)
}

// astray ends a run of which a loss is no number any more, with its last good state saved.
func (r *running) astray(ctx context.Context) error {
	for ; r.underWay > 0; r.underWay-- {
		if _, err := r.run.Report(ctx); err != nil {
			return err
		}
	}
	saved, err := r.run.Astray(ctx)
	if saved.State != nil {
		r.say(saved)
	}
	return err
}

// submittedAhead is how many updates are under way at a time, by what one takes: two keep the device busy while a loss comes back, and
// where that time is nothing beside an update, one lets a person pause sooner.
func submittedAhead(milliseconds float64) int {
	const quick = 250
	if milliseconds < quick {
		return guide.MostSubmitted
	}
	return 1
}

// obey fulfils the page's wishes, waits while the run is paused, and returns whether to stop.
func (r *running) obey(ctx context.Context) (stop bool, err error) {
	paused := false
	for {
		if paused && r.inspect != nil {
			if err := r.inside(ctx, false); err != nil {
				return false, err
			}
		}
		wish := r.job.wishes.next()
		if wish == nil && paused {
			wish, err = r.job.wishes.wait(ctx)
		}
		if err != nil || wish == nil {
			return false, err
		}
		switch wish := wish.(type) {
		case protocol.Stop:
			return true, nil
		case protocol.Resume:
			paused = false
		case protocol.Pause:
			paused = true
			picture, err := r.leave(ctx)
			if err != nil {
				return false, err
			}
			r.say(protocol.Paused{Step: r.run.Step(), Picture: picture})
		case protocol.Change:
			changed, err := r.run.Change(ctx, wish, r.progress)
			if err != nil {
				return false, err
			}
			changed.ID = wish.ID
			r.say(changed)
		case protocol.Look:
			picture, err := r.run.Look(ctx, wish)
			r.say(looked(wish, picture, err))
		case protocol.Inspect:
			r.inspect = &wish
		case protocol.Save:
			if err := r.save(ctx); err != nil {
				return false, err
			}
		}
	}
}

// looked is the answer to a Look.
func looked(m protocol.Look, picture *protocol.Picture, err error) protocol.Looked {
	answer := protocol.Looked{ID: m.ID, Picture: picture}
	if err != nil {
		answer.Problem = err.Error()
	}
	return answer
}

// finite says whether all losses are numbers.
func finite(r protocol.Step) bool {
	for _, loss := range append(r.Losses, r.Loss) {
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return false
		}
	}
	return true
}

// problem is an error that is already a sentence for the person.
type problem string

func (p problem) Error() string { return string(p) }

// reasoned is an error that the page answers with a screen of its own.
type reasoned struct {
	reason protocol.Reason
	error
}

// failure makes an error the message for the page.
func failure(err error) protocol.Error {
	m := protocol.Error{Message: err.Error()}
	var r reasoned
	var busy *load.Busy
	switch {
	case errors.As(err, &r):
		m.Reason = r.reason
	case errors.Is(err, load.ErrDamaged):
		println(err.Error()) // to the console: what the host has to mend helps nobody else
		m.Message = "This site's copy of the model is damaged: choose another model, or try again once the site has mended it."
	case errors.As(err, &busy):
		m.Reason, m.Message = protocol.Busy, "The server that holds the model is busy: try again in "+soon(busy.After)+"; what has come is kept."
	case errors.Is(err, load.ErrNetwork):
		m.Reason = protocol.Offline
	case errors.Is(err, store.ErrFull):
		m.Reason, m.Message = protocol.NoRoom, noRoom(err)
	}
	return m
}

// soon is a time to wait, in words.
func soon(d time.Duration) string {
	switch minutes := int(math.Ceil(d.Minutes())); {
	case minutes <= 1:
		return "a minute"
	case minutes < 120:
		return fmt.Sprintf("%d minutes", minutes)
	default:
		return fmt.Sprintf("%d hours", (minutes+59)/60)
	}
}

// noRoom tells how much is missing, where that is known, and what to do.
func noRoom(err error) string {
	const advice = "delete a model under Storage or free space on this device, then press Download models again; what has come is kept."
	var room *load.RoomError
	if errors.As(err, &room) {
		return fmt.Sprintf("The model needs %.0f MB more, and the browser gives this site room for %.0f MB: %s", float64(room.Missing)/1e6, float64(room.Free)/1e6, advice)
	}
	return "The browser gives this site no more room: " + advice
}
