package ui

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
)

// insideInterval is the least time between two questions for the inside of a step while the run goes on.
const insideInterval = 500 * time.Millisecond

// insight is what the page knows of the inside of a run's steps. Nothing is asked for unless it is open.
type insight struct {
	open    bool
	station int // of the walk that is shown, from 0
	cutout  int // that is chosen

	told    *protocol.Inspected // the newest, or nil
	run     *Run                // that it is of
	problem string              // why there is none
	asked   int                 // the ID of the last question
	waits   bool                // for its answer
	askedAt time.Time
}

// OpenInside begins or ends the asking.
func (s *State) OpenInside(open bool) { s.inside.open = open }

// AskInside asks for the inside of the next step of a run that goes on, now and then, and once for that of the step that a paused one waits before.
func (s *State) AskInside(now time.Time) (protocol.Message, bool) {
	in := &s.inside
	known := in.told != nil && in.run == s.Run && in.told.Step == s.stepOf()
	due := s.Phase == Running && now.Sub(in.askedAt) >= insideInterval || s.Phase == Paused && !known && in.problem == ""
	if !in.open || in.waits || !due {
		return nil, false
	}
	in.asked++
	in.waits, in.askedAt = true, now
	return protocol.Inspect{ID: in.asked}, true
}

// stepOf is how many updates the run has made.
func (s *State) stepOf() int {
	if s.Run == nil {
		return 0
	}
	return s.Run.Step
}

// inspected takes the inside of a step.
func (s *State) inspected(m protocol.Inspected) {
	in := &s.inside
	if m.ID != in.asked || !in.waits {
		return
	}
	in.waits, in.problem = false, m.Problem
	if m.Problem != "" || s.Run == nil {
		return
	}
	in.told, in.run = &m, s.Run
	in.cutout = min(in.cutout, max(0, len(m.Boxes)-1))
}

// unasked forgets a question that nobody answers any more, because its run has ended or another begins.
func (s *State) unasked() { s.inside.waits, s.inside.problem = false, "" }

// Inside is what is known of the present run's inside, or nil.
func (s *State) Inside() *protocol.Inspected {
	if s.inside.run != s.Run {
		return nil
	}
	return s.inside.told
}

// insideWhere says of which step the inside is shown, or how to see one.
func (s *State) insideWhere() string {
	in := s.Inside()
	switch {
	case s.inside.problem != "":
		return s.inside.problem
	case in == nil && s.underWay():
		return insideSoon
	case in == nil && s.Run != nil:
		return insideEnded
	case in == nil:
		return insideNoRun
	case in.Coming:
		return fmt.Sprintf(stepToCome, in.Step+1)
	case s.Phase == Running:
		return fmt.Sprintf(stepLive, in.Step+1)
	}
	return fmt.Sprintf(stepNumber, in.Step+1)
}

// ChooseCutout makes another cutout the one that is looked at.
func (s *State) ChooseCutout(i int) { s.inside.cutout = i }

// Station is the one of the walk that is shown.
func (s *State) Station() station { return stations[s.inside.station] }

// GoTo shows a station; after the last comes the first.
func (s *State) GoTo(i int) { s.inside.station = i % len(stations) }

// targetNames are the prompts of an inside, by name.
func (s *State) targetNames(in *protocol.Inspected) []string {
	names := s.inside.run.promptNames()
	if len(names) != len(in.Scores) { // phases have no names
		names = nil
		for i := range in.Scores {
			names = append(names, fmt.Sprintf(promptNumber, i+1))
		}
	}
	return names
}

// codesInUse is how many codes an inside has, and changed how many of its tokens are others than a step before; known says whether that is known.
func (s *State) codesInUse(in *protocol.Inspected) (used, changed int, known bool) {
	tokens := codes(in.Tokens)
	before := s.tokensBefore(in)
	seen := map[uint16]bool{}
	for i, code := range tokens {
		seen[code] = true
		if before != nil && before[i] != code {
			changed++
		}
	}
	return len(seen), changed, before != nil
}

// tokensBefore are the tokens one step before an inside's, or nil.
func (s *State) tokensBefore(in *protocol.Inspected) []uint16 {
	data, found, ok := s.inside.run.history.At(in.Step - 1)
	if !ok || found != in.Step-1 || in.Tokens == nil || len(data) != len(in.Tokens.Data) {
		return nil
	}
	return codes(&protocol.Bytes{Data: data})
}

// codes are those of tokens as messages have them.
func codes(b *protocol.Bytes) []uint16 {
	if b == nil {
		return nil
	}
	list := make([]uint16, len(b.Data)/2)
	for i := range list {
		list[i] = binary.LittleEndian.Uint16(b.Data[2*i:])
	}
	return list
}

// facts are the numbers of the station that is shown, of an inside, each in a few words.
func (s *State) facts(in *protocol.Inspected) []string {
	w := max(1, in.Move.Columns)
	h := len(in.Move.Values.Data) / w
	side := in.Picture.Width / w
	switch s.Station().ID {
	case "latent":
		list := []string{fmt.Sprintf(tokenGrid, w, h)}
		if used, changed, known := s.codesInUse(in); in.Tokens != nil {
			list = append(list, fmt.Sprintf(codesInUse, used, in.Codes))
			if known {
				list = append(list, fmt.Sprintf(codesChanged, changed))
			}
		}
		return list
	case "decoder":
		return []string{fmt.Sprintf(tokenCount, w*h), fmt.Sprintf(pictureSides, in.Picture.Width, in.Picture.Height), fmt.Sprintf(tokenPaints, side, side)}
	case "cutouts":
		least, most := in.Picture.Width+in.Picture.Height, 0
		for _, b := range in.Boxes {
			least, most = min(least, b.W), max(most, b.W)
		}
		return []string{count(len(in.Boxes), "cutout"), fmt.Sprintf(cutoutWidths, least, most)}
	case "clip":
		return []string{count(len(in.Boxes), "cutout"), fmt.Sprintf(embeddingLength, in.Length)}
	case "distance":
		var list []string
		for i, name := range s.targetNames(in) {
			list = append(list, fmt.Sprintf(distanceFact, name, mean(in.Scores[i]), math.Abs(in.Weights[i]), math.Abs(in.Weights[i])*mean(in.Scores[i])))
		}
		return list
	case "backward":
		return []string{fmt.Sprintf(gradientFact, in.Pull.Total)}
	}
	now := s.inside.run.Script.At(in.Step)
	list := []string{fmt.Sprintf(optimiserFact, recipe.Optimizer.In(now), recipe.LearningRate.In(now))}
	if in.Reach > 0 {
		list = append(list, fmt.Sprintf(moveFact, in.Move.Total, 100*in.Move.Total/in.Reach, in.Reach))
	}
	return list
}

// mean of at least one value.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}
