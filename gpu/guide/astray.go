package guide

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Astray tells why a run cannot go on of which a loss is no number, or whose Export said ErrAstray: its error is a sentence that names the
// first tensor with a NaN or an infinity. The state is the last one that is sound, or nil. For both the run is made again from the last
// state that was exported; the session itself cannot go on.
func (s *Session) Astray(ctx context.Context) (*State, error) {
	end := s.done
	s.Close()
	last, err := s.lastSound(ctx, end)
	if err != nil {
		return nil, err
	}
	if last.Step == end && last.sound() {
		return last, fmt.Errorf("The run went astray at step %d, and did not when it was made again: the graphics device may be at fault. The picture is kept.", end)
	}
	again, err := s.again(ctx, last)
	if err != nil {
		return nil, err
	}
	defer again.Close()
	state, err := again.Export(ctx)
	if err != nil && !errors.Is(err, ErrAstray) {
		return nil, err
	}
	found, err := again.search(ctx)
	if err != nil {
		return state, err
	}
	if state == nil {
		return nil, fmt.Errorf("The run went astray at step %d (%s): start it again.", last.Step+1, found)
	}
	state.Script = state.Script.Until(state.Step)
	return state, fmt.Errorf("The run went astray at step %d (%s): choose a lower learning rate. The picture before it is kept.", last.Step+1, found)
}

// again is the session taken up at a state.
func (s *Session) again(ctx context.Context, state *State) (*Session, error) {
	again := newSession(s.model, Config{Script: s.script, State: state, Images: s.config.Images, Perceptors: s.config.Perceptors, Thrift: s.config.Thrift, Memory: s.config.Memory})
	if _, err := again.open(ctx, quiet); err != nil {
		again.Close()
		return nil, err
	}
	return again, nil
}

// lastSound makes the run again, at most up to a step, and gives the state before the first update whose losses are no numbers, or that
// makes the state unsound. It is the first state, sound or not, where that is none.
func (s *Session) lastSound(ctx context.Context, end int) (*State, error) {
	last := s.good
	again, err := s.again(ctx, last)
	if err != nil {
		return nil, err
	}
	defer again.Close()
	for {
		state, err := again.state(ctx)
		if err != nil || !state.sound() {
			return last, err
		}
		last = state
		if again.done == end {
			return again.Export(ctx)
		}
		if err := again.repeat(ctx); err != nil || again.astray {
			return last, err
		}
	}
}

// repeat makes the next update, and the change that is due before it.
func (s *Session) repeat(ctx context.Context) error {
	if s.Due() {
		if _, err := s.Apply(ctx, quiet); err != nil {
			return err
		}
	}
	if err := s.Submit(false); err != nil {
		return err
	}
	_, err := s.Report(ctx)
	return err
}

// search makes an update kernel by kernel and names the first tensor that is not finite after its kernel.
func (s *Session) search(ctx context.Context) (string, error) {
	if _, err := s.between(); err != nil {
		return "", err
	}
	in, err := s.inputs()
	if err != nil {
		return "", err
	}
	s.step.write(in)
	astray, err := s.step.tape.Plan.FirstNonFinite(ctx)
	if err != nil || astray == nil {
		return "nobody knows where", err
	}
	return astray.String(), nil
}

// finite says whether all values are numbers.
func finite[T float32 | float64](values []T) bool {
	for _, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
