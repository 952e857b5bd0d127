package weights

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Mark is a line of the journal that a Place keeps while a model is written: that a tensor of a part is there or, without a tensor, that the part is
// complete.
type Mark struct {
	Part   string  `json:"part"`
	Tensor *Tensor `json:"tensor,omitempty"`
	Shards []Shard `json:"shards,omitempty"` // those that became full since the mark before
	Tail   int     `json:"tail"`             // bytes of the part that are in no shard yet
}

// Line is the mark as a line of text.
func (m Mark) Line() []byte {
	line, err := json.Marshal(m)
	if err != nil {
		panic(err) // names and numbers
	}
	return append(line, '\n')
}

// Marks reads the lines of a journal. What follows the last whole line was being written when it was interrupted, and is left out; whole is how many
// bytes the others have.
func Marks(journal []byte) (marks []Mark, whole int, err error) {
	for {
		end := bytes.IndexByte(journal[whole:], '\n')
		if end < 0 {
			return marks, whole, nil
		}
		var m Mark
		if err := json.Unmarshal(journal[whole:whole+end], &m); err != nil {
			return nil, 0, fmt.Errorf("weights: the journal is damaged: %w", err)
		}
		marks = append(marks, m)
		whole += end + 1
	}
}
