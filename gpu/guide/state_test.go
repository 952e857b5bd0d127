package guide

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
)

// sample is a state with everything in it.
func sample() *State {
	r := small("a red apple ^ a blue heart", "upd", 1<<63+7)
	return &State{
		Script: recipe.Script{Recipe: r}.With(3, recipe.Optimizer.Is("radam"), recipe.Smoothness.Is(1)), Step: 12, Model: "mini", Weights: "0123456789abcdef",
		Thrift: Thrift{Part: 2, Decoder: true, CLIP: true}, Optimiser: ops.RAdam, Count: ops.Count{Updates: 9, RateSquares: 0.1 * 0.1},
		Z: []float32{1, -0.5, math.SmallestNonzeroFloat32}, Start: []float32{0, 2, 3}, Mean: []float32{1, 0.5, 2}, Averaged: 1.5, Memory: [][]float32{{4, 5, 6}, {7, 8, math.MaxFloat32}}, Tokens: []uint32{1023, 0},
		Images: []ImageState{{0, "a.png", [][]float32{{1, 2}, {3, 4}}, []byte{9, 8, 7, 6}}, {0, "b ü.png", [][]float32{{5}}, nil}, {1, "a.png", [][]float32{{6, 7, 8}}, nil}}, Overlay: []byte{1, 2, 3, 4, 5, 6, 7, 255},
	}
}

func bytesOf(t testing.TB, s *State) []byte {
	t.Helper()
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStateComesBack(t *testing.T) {
	plain := &State{Z: []float32{1}, Start: []float32{2}} // as a run has it before its first update
	for _, want := range []*State{sample(), plain} {
		got, err := ParseState(bytesOf(t, want))
		if err != nil {
			t.Fatal(err)
		}
		// What is empty may be nil.
		if len(got.Tokens) == 0 {
			got.Tokens = nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestStatesThatCannotBeWritten(t *testing.T) {
	for name, spoil := range map[string]func(*State){
		"a short start":                func(s *State) { s.Start = s.Start[:2] },
		"a mean that is not there":     func(s *State) { s.Mean = nil },
		"long memory":                  func(s *State) { s.Memory[1] = append(s.Memory[1], 1) },
		"an image prompt of nothing":   func(s *State) { s.Images[0].Embeddings = nil },
		"embeddings of another length": func(s *State) { s.Images[0].Embeddings[1] = []float32{1} },
		"a count that is no number":    func(s *State) { s.Count.RateSquares = math.NaN() },
	} {
		s := sample()
		if spoil(s); s != nil {
			if _, err := s.MarshalBinary(); err == nil {
				t.Errorf("%s: written", name)
			}
		}
	}
}

// sealed puts the check sum after what a state holds.
func sealed(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(bytes.Clone(b), checksum(b))
}

// withHeader is a state's bytes of a header and so many words.
func withHeader(header string, words int) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("RVSTATE\x01"), uint32(len(header)))
	return sealed(append(append(b, header...), make([]byte, 4*words)...))
}

func TestDamagedStates(t *testing.T) {
	good := bytesOf(t, sample())
	for n := range good {
		want := errDamagedState
		if n < 7 {
			want = errNoState
		}
		if _, err := ParseState(good[:n]); !errors.Is(err, want) {
			t.Fatalf("the first %d of %d bytes: %v, want %v", n, len(good), err, want)
		}
		bad := bytes.Clone(good)
		bad[n] ^= 0x10
		switch {
		case n < 7:
			want = errNoState
		case n == 7:
			want = errNewerState
		}
		if _, err := ParseState(bad); !errors.Is(err, want) {
			t.Fatalf("with byte %d changed: %v, want %v", n, err, want)
		}
	}
	script := `"script":{"version":2,"recipe":{"prompt":"a"}}`
	header := func(format string, args ...any) string {
		return `{` + script + `,` + fmt.Sprintf(format, args...) + `}`
	}
	if _, err := ParseState(withHeader(header(`"z":2`), 4)); err != nil {
		t.Fatalf("the least that is a state: %v", err)
	}
	const huge = math.MaxInt
	for _, test := range []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, errNoState},
		{"a picture", []byte("\x89PNG\r\n\x1a\n"), errNoState},
		{"more than it says", sealed(append(good[:len(good)-checksumSize], 0, 0, 0, 0)), errDamagedState},
		{"a header that is longer than the rest", sealed(append([]byte("RVSTATE\x01"), 0, 1, 0, 0, '{', '}')), errDamagedState},
		{"a header that is longer than all", sealed(append([]byte("RVSTATE\x01"), 255, 255, 255, 255)), errDamagedState},
		{"a header that is no JSON", withHeader(`{"z":`, 4), errDamagedState},
		{"no script", withHeader(`{"z":2}`, 4), errDamagedState},
		{"a script that is none", withHeader(`{"script":[1],"z":2}`, 4), errDamagedState},
		{"an option that comes later", withHeader(strings.Replace(header(`"z":2`), `"prompt"`, `"later":1,"prompt"`, 1), 4), errNewerState},
		{"a script of a later version", withHeader(strings.Replace(header(`"z":2`), `"version":2`, `"version":3`, 1), 4), errNewerState},
		{"the next version", sealed(append([]byte("RVSTATE\x02"), make([]byte, 40)...)), errNewerState},
		{"no latent", withHeader(header(`"z":0`), 0), errDamagedState},
		{"a latent of less than nothing", withHeader(header(`"z":-2`), 4), errDamagedState},
		{"a huge latent", withHeader(header(`"z":%d`, huge), 4), errDamagedState},
		{"a latent whose bytes overflow", withHeader(header(`"z":%d`, huge/4+2), 4), errDamagedState},
		{"memory of nothing without end", withHeader(header(`"z":0,"optimiser":"adam","memory":%d`, huge), 0), errDamagedState},
		{"memory without end", withHeader(header(`"z":1,"optimiser":"adam","memory":%d`, huge), 100), errDamagedState},
		{"memory of nobody", withHeader(header(`"z":1,"optimiser":"sgd","memory":1`), 3), errDamagedState},
		{"images of nothing without end", withHeader(header(`"z":1,"images":[{"rows":%d,"dim":0}]`, huge), 2), errDamagedState},
		{"images without end", withHeader(header(`"z":1,"images":[{"rows":%d,"dim":1}]`, huge), 2), errDamagedState},
		{"an image of less than nothing", withHeader(header(`"z":1,"images":[{"rows":1,"dim":-1}]`), 2), errDamagedState},
		{"huge pixels", withHeader(header(`"z":1,"images":[{"rows":1,"dim":1,"pixels":%d}]`, huge), 3), errDamagedState},
		{"a huge overlay", withHeader(header(`"z":1,"overlay":%d`, huge), 2), errDamagedState},
		{"huge tokens", withHeader(header(`"z":1,"tokens":%d`, huge), 2), errDamagedState},
		{"a step before the first", withHeader(header(`"z":1,"step":-1`), 2), errDamagedState},
		{"a count before the first", withHeader(header(`"z":1,"count":{"updates":-1}`), 2), errDamagedState},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ParseState(test.data)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
			t.Errorf("%s: takes %d bytes", test.name, taken)
		}
	}
}

// Whatever is read is written again as it was read.
func FuzzParseState(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("RVSTATE\x01"))
	f.Add(bytesOf(f, sample()))
	least := withHeader(`{"script":{"version":2,"recipe":{"prompt":"a"}},"z":1,"optimiser":"adam","memory":2,"tokens":1,"images":[{"rows":1,"dim":1}]}`, 6)
	f.Add(least[:len(least)-checksumSize])
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<10 {
			return // longer ones find nothing new, more slowly
		}
		for _, b := range [][]byte{data, sealed(data)} { // else nothing gets beyond the check sum
			s, err := ParseState(b)
			if err != nil {
				if s != nil || !strings.HasSuffix(err.Error(), ".") {
					t.Fatalf("%v with the error %q", s, err)
				}
				continue
			}
			written, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParseState(written)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytesOf(t, again), written) {
				t.Fatal("another state after it was written and read")
			}
		}
	})
}
