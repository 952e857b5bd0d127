package importer

import (
	"fmt"

	"reverie/weights/foreign"
)

// MaxConfig is how long a configuration file may be: ten times the longest known, most of which is the names of classes.
const MaxConfig = 256 << 10

// Text is a small file, read whole.
type Text struct {
	Name string // without folders, for messages
	Data []byte
}

// Configs are the configurations of one checkpoint.
type Configs struct {
	// Chosen is the one that somebody chose, or nil: then it is the one that is published beside the checkpoint, if there is any.
	Chosen *Text
	// Beside gives a file, by its name, that lies beside the chosen configuration or, without one, beside the checkpoint. Where there is none its
	// error is foreign.ErrAbsent. A nil function has no files.
	Beside func(name string) ([]byte, error)
}

// find returns the chosen configuration or else the first of the names that lies beside the checkpoint, or nil.
func (c Configs) find(names ...string) (*Text, error) {
	if c.Chosen != nil {
		return c.Chosen, c.Chosen.check()
	}
	for _, name := range names {
		if t, err := c.beside(name); t != nil || err != nil {
			return t, err
		}
	}
	return nil, nil
}

// beside returns a file that lies beside, or nil.
func (c Configs) beside(name string) (*Text, error) {
	if c.Beside == nil {
		return nil, nil
	}
	data, err := c.Beside(name)
	if err == foreign.ErrAbsent {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t := &Text{name, data}
	return t, t.check()
}

func (t *Text) check() error {
	if len(t.Data) > MaxConfig {
		return fmt.Errorf("%s: it has %d bytes, and a configuration has at most %d", t.Name, len(t.Data), MaxConfig)
	}
	return nil
}
