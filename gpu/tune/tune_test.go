//go:build !js

package tune

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"reverie/gpu"
	"reverie/gpu/blob"
	"reverie/gpu/ops"
	"reverie/gpu/store"
)

// fake times candidates without a device.
type fake struct {
	clock time.Time
	costs map[string]time.Duration // of timing a candidate; a second if it is not there
	times map[string]float64       // milliseconds, by class and candidate; 10 if it is not there
	fails map[string]error
	timed []string
	after func()
}

func (f *fake) now() time.Time { return f.clock }

func (f *fake) time(_ context.Context, class, candidate string) (float64, error) {
	name := class + candidate
	f.timed = append(f.timed, name)
	cost, ok := f.costs[name]
	if !ok {
		cost = time.Second
	}
	f.clock = f.clock.Add(cost)
	if f.after != nil {
		f.after()
	}
	if ms, ok := f.times[name]; ok {
		return ms, f.fails[name]
	}
	return 10, f.fails[name]
}

func (f *fake) search(ctx context.Context, limit time.Duration) ([]Choice, error) {
	return search(ctx, []string{"A", "B", "C"}, []string{"1", "2", "3"}, limit, f.now, f.time, func(int, int) {})
}

func TestSearchTakesTheFastest(t *testing.T) {
	f := &fake{times: map[string]float64{"A2": 5, "A3": 6, "B3": 1, "C1": 2, "C2": 1}, fails: map[string]error{"C2": errors.New("does not compile")}}
	got, err := f.search(context.Background(), time.Hour)
	if want := []Choice{{"A", "2", 5}, {"B", "3", 1}, {"C", "1", 2}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestSearchLeavesOutWhatHasNoCandidate(t *testing.T) {
	failed := errors.New("does not compile")
	f := &fake{fails: map[string]error{"B1": failed, "B2": failed, "B3": failed}}
	got, err := f.search(context.Background(), time.Hour)
	if want := []Choice{{"A", "1", 10}, {"C", "1", 10}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

// Whatever candidates cost, none begins that could end too late.
func TestSearchKeepsItsLimit(t *testing.T) {
	for _, c := range []struct {
		name  string
		costs map[string]time.Duration
		limit time.Duration
		timed []string
		found int
	}{
		{"room for all", nil, 9 * time.Second, []string{"A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3"}, 3},
		{"room for four", nil, 4500 * time.Millisecond, []string{"A1", "A2", "A3", "B1"}, 2},
		{"a long one first", map[string]time.Duration{"A1": 3 * time.Second}, 5 * time.Second, []string{"A1"}, 1},
		{"a long one last", map[string]time.Duration{"A2": 3 * time.Second}, 5 * time.Second, []string{"A1", "A2"}, 1},
		{"a limit under the first", map[string]time.Duration{"A1": 9 * time.Second}, 5 * time.Second, []string{"A1"}, 1},
	} {
		f := &fake{costs: c.costs}
		got, err := f.search(context.Background(), c.limit)
		if err != nil || len(got) != c.found || !slices.Equal(f.timed, c.timed) {
			t.Errorf("%s: timed %q and found %v, %v; want %q and %d", c.name, f.timed, got, err, c.timed, c.found)
		}
	}
}

// A candidate that does not come to an end is given up, and what was found before stands.
func TestSearchGivesUpACandidate(t *testing.T) {
	timed := func(ctx context.Context, class, candidate string) (float64, error) {
		if candidate == "2" {
			<-ctx.Done()
			return 0, ctx.Err()
		}
		return 7, nil
	}
	got, err := search(context.Background(), []string{"A", "B"}, []string{"1", "2"}, 20*time.Millisecond, time.Now, timed, func(int, int) {})
	if want := []Choice{{"A", "1", 7}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestSearchEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &fake{after: cancel}
	if got, err := f.search(ctx, time.Hour); !errors.Is(err, context.Canceled) || got != nil || len(f.timed) != 1 {
		t.Errorf("when it is stopped: %v, %v after %q", got, err, f.timed)
	}
	lost := fmt.Errorf("%w: gone", gpu.ErrLost)
	f = &fake{fails: map[string]error{"A2": lost}}
	if got, err := f.search(context.Background(), time.Hour); !errors.Is(err, gpu.ErrLost) || got != nil || len(f.timed) != 2 {
		t.Errorf("when the device goes: %v, %v after %q", got, err, f.timed)
	}
}

// kept is a store in memory.
type kept map[string][]byte

func (kept) Kind() store.Kind                              { return store.Files }
func (kept) Lock(context.Context, string) (func(), error)  { return func() {}, nil }
func (s kept) Remove(_ context.Context, name string) error { delete(s, name); return nil }
func (kept) Room(context.Context) (store.Room, error)      { return store.Room{}, nil }
func (s kept) Sizes(context.Context) (map[string]int64, error) {
	sizes := map[string]int64{}
	for name, data := range s {
		sizes[name] = int64(len(data))
	}
	return sizes, nil
}

func (s kept) Read(_ context.Context, name string, into blob.Blob) (int, error) {
	into.Copy(0, blob.Of(s[name]))
	return len(s[name]), nil
}

func (s kept) Write(_ context.Context, name string, _ int64) (store.Writer, error) {
	s[name] = nil
	return writer{s, name}, nil
}

type writer struct {
	store kept
	name  string
}

func (w writer) Append(b blob.Blob) error {
	w.store[w.name] = append(w.store[w.name], b.Bytes()...)
	return nil
}
func (writer) Finish(context.Context, blob.Blob) error { return nil }
func (writer) Close()                                  {}

var someGPU = gpu.Info{Vendor: "maker", Architecture: "first", Description: "GPU 1", F16: true, SubgroupSize: 32, Browser: "Browser/1", MaxBinding: 1 << 30}

func open(s store.Store, info gpu.Info, mode Mode) *Kernels {
	return Open(context.Background(), gpu.NewPlanner(info), s, mode)
}

// What one visit finds, the next one uses; whatever may change which variant is the fastest makes it be found anew.
func TestKept(t *testing.T) {
	ctx, s := context.Background(), kept{}
	k := open(s, someGPU, Auto)
	if !k.Due() {
		t.Fatal("no tuning on an unknown adapter")
	}
	if err := k.Tune(ctx, time.Hour, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	want := k.Choices()
	last := want[len(want)-1]
	if k.Due() || len(want) != len(ops.Classes())+1 || want[0].Milliseconds <= 0 || last.Class != ops.Multiply || last.Milliseconds <= 0 {
		t.Errorf("after tuning: due %t, %v", k.Due(), want)
	}
	if again := open(s, someGPU, Auto); again.Due() || !slices.Equal(again.Choices(), want) {
		t.Errorf("the next visit: due %t, %v; want %v", again.Due(), again.Choices(), want)
	}
	if off := open(s, someGPU, Off); off.Due() || off.Choices()[0].Milliseconds != 0 {
		t.Errorf("turned off: due %t, %v", off.Due(), off.Choices())
	}
	if !open(s, someGPU, Again).Due() {
		t.Error("no tuning where it is asked for")
	}
	for name, change := range map[string]func(*gpu.Info){
		"vendor": func(i *gpu.Info) { i.Vendor = "other" }, "architecture": func(i *gpu.Info) { i.Architecture = "second" },
		"description": func(i *gpu.Info) { i.Description = "GPU 2" }, "float16": func(i *gpu.Info) { i.F16 = false },
		"subgroups": func(i *gpu.Info) { i.SubgroupSize = 64 }, "browser": func(i *gpu.Info) { i.Browser = "Browser/2" },
	} {
		other := someGPU
		change(&other)
		if !open(s, other, Auto).Due() {
			t.Errorf("another %s is not tuned for", name)
		}
	}
	other := someGPU
	for range 3 * mostKept {
		other.Browser += "0"
		if err := remember(ctx, s, other, want, 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(s) > mostKept {
		t.Errorf("%d files are kept", len(s))
	}
}

// The speed that a device has shown comes back, too, and does not stand for a tuning.
func TestKeptSpeed(t *testing.T) {
	ctx, s := context.Background(), kept{}
	for _, mode := range []Mode{Off, Auto} {
		k := open(s, someGPU, mode)
		k.device.SetSpeed(3e12)
		if err := k.Keep(ctx); err != nil {
			t.Fatal(err)
		}
		if (len(s) > 0) != (mode == Auto) {
			t.Errorf("with mode %q %d files are kept", mode, len(s))
		}
	}
	next := open(s, someGPU, Auto)
	if speed, known := next.device.Speed(); speed != 3e12 || !known || !next.Due() {
		t.Errorf("the next visit: %g FLOP/s, known %t, due %t", speed, known, next.Due())
	}
}

// A device on which nothing was found in time is not asked again at every visit.
func TestNothingFound(t *testing.T) {
	s := kept{}
	if err := open(s, someGPU, Auto).Tune(context.Background(), -1, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if next := open(s, someGPU, Auto); next.Due() || next.Choices()[0].Milliseconds != 0 {
		t.Errorf("the next visit: due %t, %v", next.Due(), next.Choices())
	}
}

func TestKeptNonsenseIsFoundAgain(t *testing.T) {
	for name, text := range map[string]string{"no JSON": "{", "empty": "", "null": "null", "long": string(make([]byte, maxRecord+1))} {
		if !open(kept{key(someGPU): []byte(text)}, someGPU, Auto).Due() {
			t.Errorf("%s: it is used", name)
		}
	}
}
