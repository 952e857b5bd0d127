package gallery

import (
	"encoding/binary"
	"errors"
)

// StepsBytes is what a picture's steps may take. A step of 16×16 tokens takes 516 bytes, one of 64×64 about 8 kB.
const StepsBytes = 4 << 20

// Steps are the tokens of a run's steps, as they stay with its picture.
type Steps struct {
	Columns, Rows int // of tokens
	List          []Step
}

// Step are the tokens after so many updates, row by row, two bytes each, the lower first.
type Step struct {
	Number int
	Tokens []byte // 2·Columns·Rows
}

// The form of packed steps: a byte for its version, the columns and the rows in two bytes each, and for each step its number in four bytes and its
// tokens. All numbers have their lowest byte first.
const (
	stepsVersion = 1
	stepsHead    = 5
	numberBytes  = 4
)

// maxGrid is the longest side of a grid of tokens.
const maxGrid = 1 << 12

var errSteps = errors.New("gallery: these are no steps")

func (s Steps) stepBytes() int { return numberBytes + 2*s.Columns*s.Rows }

// Pack writes the steps for Made.Tokens, in at most so many bytes: where they take more, every second, third … is left out, but for the first and the
// last. Fewer than two steps lead nowhere and give nil.
func (s Steps) Pack(most int) []byte {
	size := s.stepBytes()
	room := (most - stepsHead) / size
	if min(len(s.List), room) < 2 {
		return nil
	}
	list := s.List
	if n := len(list); n > room {
		every := (n + room - 3) / max(room-2, 1) // beside the first and the last
		list = nil
		for i, step := range s.List {
			if i == 0 || (n-1-i)%every == 0 {
				list = append(list, step)
			}
		}
	}
	b := append(make([]byte, 0, stepsHead+len(list)*size), stepsVersion)
	b = binary.LittleEndian.AppendUint16(b, uint16(s.Columns))
	b = binary.LittleEndian.AppendUint16(b, uint16(s.Rows))
	for _, step := range list {
		b = binary.LittleEndian.AppendUint32(b, uint32(step.Number))
		b = append(b, step.Tokens...)
	}
	return b
}

// UnpackSteps reads what Pack wrote; of nothing there are no steps. Steps must follow each other.
func UnpackSteps(b []byte) (Steps, error) {
	if len(b) == 0 {
		return Steps{}, nil
	}
	if len(b) < stepsHead || b[0] != stepsVersion {
		return Steps{}, errSteps
	}
	s := Steps{Columns: int(binary.LittleEndian.Uint16(b[1:])), Rows: int(binary.LittleEndian.Uint16(b[3:]))}
	b = b[stepsHead:]
	if min(s.Columns, s.Rows) < 1 || max(s.Columns, s.Rows) > maxGrid || len(b)%s.stepBytes() != 0 {
		return Steps{}, errSteps
	}
	for last := -1; len(b) > 0; b = b[s.stepBytes():] {
		step := Step{int(binary.LittleEndian.Uint32(b)), b[numberBytes:s.stepBytes()]}
		if step.Number <= last {
			return Steps{}, errSteps
		}
		s.List, last = append(s.List, step), step.Number
	}
	return s, nil
}
