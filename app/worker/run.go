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

// run makes all steps of one picture, as far as the page lets it, and returns Done or Stopped.
func (s *server) run(ctx, preparing context.Context, j *job, m protocol.Start) (protocol.Message, error) {
	run, started, err := s.engine.Start(preparing, m, s.progress, s.say)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	s.say(started)

	steps := started.Settings.Steps
	var shown time.Time
	for begun, done, ahead := 0, 0, 1; done < steps; {
		if begun == done {
			stop, err := s.obey(ctx, j, run, done)
			if err != nil {
				return nil, err
			}
			if stop {
				return s.stopped(ctx, run, done)
			}
		}
		// Who wishes for something waits for what is under way, and for nothing more.
		for begun == done || begun < min(done+ahead, steps) && !j.wished() {
			show := time.Since(shown) >= previewInterval
			if show {
				shown = time.Now()
			}
			if err := run.Submit(show); err != nil {
				return nil, err
			}
			begun++
		}
		report, err := run.Report(ctx)
		if err == nil {
			err = check(report)
		}
		if err != nil {
			return nil, err
		}
		done++
		ahead = submittedAhead(report.Milliseconds)
		s.say(report)
	}
	picture, err := run.Picture(ctx)
	return protocol.Done{Step: steps, Picture: picture}, err
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

func (s *server) stopped(ctx context.Context, run Run, step int) (protocol.Message, error) {
	picture, err := run.Picture(ctx)
	return protocol.Stopped{Step: step, Picture: picture}, err
}

// obey looks for a wish of the page after done steps, waits while the run is paused, and returns whether to stop.
func (s *server) obey(ctx context.Context, j *job, run Run, done int) (stop bool, err error) {
	var wish protocol.Message
	select {
	case wish = <-j.control:
	default:
		return false, nil
	}
	for {
		switch wish.(type) {
		case protocol.Resume:
			return false, nil
		case protocol.Stop:
			return true, nil
		case protocol.Pause:
			picture, err := run.Picture(ctx)
			if err != nil {
				return false, err
			}
			s.say(protocol.Paused{Step: done, Picture: picture})
		}
		select {
		case wish = <-j.control:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// check finds a loss that is not a number any more.
func check(r protocol.Step) error {
	for _, loss := range append(r.Losses, r.Loss) {
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return problem(fmt.Sprintf("The run went astray at step %d (its loss is %g): choose a lower learning rate.", r.Step, loss))
		}
	}
	return nil
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
	switch {
	case errors.As(err, &r):
		m.Reason = r.reason
	case errors.Is(err, load.ErrNetwork):
		m.Reason = protocol.Offline
	case errors.Is(err, store.ErrFull):
		m.Reason, m.Message = protocol.NoRoom, noRoom(err)
	}
	return m
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
