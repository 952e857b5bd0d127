package gpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"reverie/shaders"
)

// recorded is a plan whose dispatches each bind the named buffers of 16, 32 … bytes, the last one for writing.
func recorded(t *testing.T, sizes map[string]int, dispatches ...string) (*Plan, map[string]*Buffer) {
	t.Helper()
	buffers := map[string]*Buffer{}
	for name, size := range sizes {
		buffers[name] = (&Device{}).Scratch(name, size)
	}
	p := &Plan{}
	for _, names := range dispatches {
		d := dispatch{kernel: &Kernel{source: &shaders.Source{}}}
		for i, name := range names {
			kind := shaders.Read
			if i == len(names)-1 {
				kind = shaders.ReadWrite
			}
			d.kernel.source.Bindings = append(d.kernel.source.Bindings, kind)
			d.buffers = append(d.buffers, buffers[string(name)])
		}
		p.dispatches = append(p.dispatches, d)
	}
	return p, buffers
}

func TestMemory(t *testing.T) {
	sizes := map[string]int{"a": 64, "b": 32, "c": 64, "d": 16, "e": 48}
	for _, c := range []struct {
		name       string
		dispatches []string
		keep       string
		total      int64
		live       int64
	}{
		{"a chain needs two at a time", []string{"a", "ab", "bc", "cd"}, "", 64 + 32, 96},
		{"what is read later stays", []string{"a", "ab", "bc", "acd"}, "", 64 + 32 + 64 + 0, 64 + 64 + 32},
		{"kept contents have memory of their own", []string{"a", "ab", "bc"}, "b", 64 + 32, 96},
		{"kept after its last use", []string{"d", "de", "a"}, "d", 64 + 16, 80},
		{"a smaller tenant takes the tightest slot", []string{"ac", "e", "b"}, "", 64 + 64, 128},
	} {
		p, buffers := recorded(t, sizes, c.dispatches...)
		for _, name := range c.keep {
			buffers[string(name)].Keep()
		}
		m := p.Memory()
		if m.Total != c.total || m.Live != c.live {
			t.Errorf("%s: %d bytes, at most %d in use; want %d and %d", c.name, m.Total, m.Live, c.total, c.live)
		}
	}
}

// Buffers that share memory never live at the same dispatch, and each fits.
func TestSharedMemoryIsNeverInUseTwice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var lives []lifetime
		for range 100 {
			first := r.IntN(200)
			b := (&Device{}).Scratch(fmt.Sprint(first), 16*(1+r.IntN(8)))
			lives = append(lives, lifetime{b, first, first + r.IntN(20)})
		}
		var total, placed int64
		for _, s := range share(lives, nil) {
			total += int64(s.size)
			placed += int64(len(s.tenants))
			for i, a := range s.tenants {
				if a.size > s.size {
					t.Fatalf("a buffer of %d bytes in a slot of %d", a.size, s.size)
				}
				for _, b := range s.tenants[:i] {
					if a.first <= b.last && b.first <= a.last {
						t.Fatalf("buffers of dispatches %d to %d and %d to %d share memory", a.first, a.last, b.first, b.last)
					}
				}
			}
		}
		if placed != 100 {
			t.Fatalf("%d of 100 buffers have a slot", placed)
		}
		if least := mostLive(lives, 220); total < least {
			t.Fatalf("%d bytes where %d are in use at once", total, least)
		}
	}
}

func TestPruneLeavesOutWhatLeadsToDiscardedContents(t *testing.T) {
	sizes := map[string]int{"a": 16, "b": 16, "c": 16, "d": 16, "e": 16}
	for _, c := range []struct {
		name       string
		dispatches []string
		discard    string
		left       int
	}{
		{"nothing is discarded", []string{"a", "ab", "bc"}, "", 3},
		{"the last of a chain", []string{"a", "ab", "bc"}, "c", 0},
		{"what another reads stays", []string{"a", "ab", "bc", "bd"}, "c", 3},
		{"contents that are read before they are discarded", []string{"a", "ac", "cd", "bc"}, "c", 3},
		{"a result that nobody discarded stays though nobody reads it", []string{"a", "ab", "ac"}, "c", 2},
	} {
		p, buffers := recorded(t, sizes, c.dispatches...)
		for _, name := range c.discard {
			buffers[string(name)].Discard()
		}
		p.prune()
		if len(p.dispatches) != c.left {
			t.Errorf("%s: %d dispatches are left of %d, want %d", c.name, len(p.dispatches), len(c.dispatches), c.left)
		}
	}
}
