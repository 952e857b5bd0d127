package worker

import (
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/gpu/guide"
	"reverie/gpu/ops"
)

// While a run goes on, the inside is that of its next update, which is made once; while it is paused, of the one that is to come, which is not made.
func TestInspect(t *testing.T) {
	e := &fakeEngine{steps: make(chan struct{}), underWay: make(chan struct{}, 1), milliseconds: 1000}
	c := serve(t, e)
	c.in <- start(4)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	<-e.underWay
	c.in <- protocol.Inspect{ID: 1}
	c.in <- protocol.Inspect{ID: 2}
	e.steps <- struct{}{}
	if got := expect[protocol.Step](c); got.Step != 1 {
		t.Errorf("got %+v", got)
	}
	<-e.underWay
	c.in <- protocol.Pause{}
	e.steps <- struct{}{}
	if got := expect[protocol.Step](c); got.Step != 2 || got.Picture == nil {
		t.Errorf("got %+v", got)
	}
	if got := expect[protocol.Inspected](c); got.ID != 2 || got.Step != 1 || got.Coming {
		t.Errorf("got %+v", got)
	}
	expect[protocol.Saved](c)
	expect[protocol.Paused](c)
	c.in <- protocol.Inspect{ID: 3}
	if got := expect[protocol.Inspected](c); got.ID != 3 || got.Step != 2 || !got.Coming {
		t.Errorf("while paused: %+v", got)
	}
	c.in <- protocol.Resume{}
	<-e.underWay
	c.in <- protocol.Inspect{ID: 4} // and a pause before the next update
	c.in <- protocol.Pause{}
	e.steps <- struct{}{}
	if got := expect[protocol.Step](c); got.Step != 3 {
		t.Errorf("got %+v", got)
	}
	expect[protocol.Saved](c)
	expect[protocol.Paused](c)
	if got := expect[protocol.Inspected](c); got.ID != 4 || got.Step != 3 || !got.Coming {
		t.Errorf("of a run that was to be paused: %+v", got)
	}
	c.in <- protocol.Resume{}
	<-e.underWay
	e.steps <- struct{}{}
	expect[protocol.Step](c)
	expect[protocol.Saved](c)
	if got := expect[protocol.Done](c); got.Step != 4 {
		t.Errorf("got %+v", got)
	}
}

// Where there is no room to look, the run goes on.
func TestInspectWithoutRoom(t *testing.T) {
	e := &fakeEngine{steps: make(chan struct{}), underWay: make(chan struct{}, 1), milliseconds: 1000, noInside: true}
	c := serve(t, e)
	c.in <- start(2)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	<-e.underWay
	c.in <- protocol.Inspect{ID: 1}
	e.steps <- struct{}{}
	expect[protocol.Step](c)
	if got := expect[protocol.Inspected](c); got.ID != 1 || got.Problem != "There is no room." {
		t.Errorf("got %+v", got)
	}
	<-e.underWay
	e.steps <- struct{}{}
	if got := expect[protocol.Step](c); got.Step != 2 {
		t.Errorf("got %+v", got)
	}
}

// What travels are bytes: of norms shares of the greatest, of embeddings with their sign.
func TestInspectedTravels(t *testing.T) {
	in := guide.Inside{Step: 3, Codes: 9, Boxes: []ops.Box{{X: 1, Y: 2, W: 3, H: 3}}, Embeddings: [][]float32{{0.5, -1}, {0, 0}},
		Pull: guide.Norms{Columns: 2, Values: []float32{3, 4}}}
	got := inspected(in)
	if got.Length != 2 || !slices.Equal(got.Embeddings.Data, []byte{63, 0x81, 0, 0}) {
		t.Errorf("embeddings %v of %d", got.Embeddings.Data, got.Length)
	}
	if got.Pull.Most != 4 || got.Pull.Total != 5 || !slices.Equal(got.Pull.Values.Data, []byte{191, 255}) || got.Move.Total != 0 {
		t.Errorf("norms %+v, %+v", got.Pull, got.Move)
	}
	if got.Step != 3 || got.Codes != 9 || got.Boxes[0] != (protocol.Box{X: 1, Y: 2, W: 3, H: 3}) {
		t.Errorf("got %+v", got)
	}
	in.Losses = []float64{1, math.NaN()}
	if got := inspected(in); got.Step != 3 || !strings.HasPrefix(got.Problem, "This step has lost its numbers") || got.Pull != nil {
		t.Errorf("without numbers: %+v", got)
	}
}
