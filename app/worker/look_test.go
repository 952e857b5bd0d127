package worker

import (
	"testing"

	"reverie/app/protocol"
)

// look is a wish for the picture of tokens that the fake engines give back as pixels.
func look(id int, model string) protocol.Look {
	return protocol.Look{ID: id, Model: model, Width: 2, Height: 1, Tokens: &protocol.Bytes{Data: []byte{byte(id), 0, 0, 0}}}
}

// Who drags over a run that goes on gets the last picture that was asked for, and the run goes on.
func TestLookWhileARunGoesOn(t *testing.T) {
	e := &fakeEngine{steps: make(chan struct{}), underWay: make(chan struct{}, 1), milliseconds: 1000}
	c := serve(t, e)
	c.in <- start(3)
	expect[protocol.Loaded](c)
	expect[protocol.Started](c)
	<-e.underWay
	c.in <- look(1, "there")
	c.in <- look(2, "there")
	c.in <- look(3, "there")
	c.in <- protocol.Pause{}
	e.steps <- struct{}{}
	expect[protocol.Step](c)
	if got := expect[protocol.Looked](c); got.ID != 3 || got.Problem != "" || got.Picture.Pix[0] != 3 {
		t.Errorf("got %+v", got)
	}
	expect[protocol.Saved](c)
	expect[protocol.Paused](c)
	c.in <- look(4, "there")
	if got := expect[protocol.Looked](c); got.ID != 4 || got.Picture.Pix[0] != 4 {
		t.Errorf("while paused: got %+v", got)
	}
	c.in <- protocol.Resume{}
	<-e.underWay
	e.steps <- struct{}{}
	if got := expect[protocol.Step](c); got.Step != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestLookWithoutARun(t *testing.T) {
	c := serve(t, &fakeEngine{})
	c.in <- look(1, "there")
	if got := expect[protocol.Looked](c); got.ID != 1 || got.Picture.Pix[0] != 1 {
		t.Errorf("got %+v", got)
	}
	c.in <- look(2, "missing")
	if got := expect[protocol.Looked](c); got.ID != 2 || got.Picture != nil || got.Problem != "it is not there" {
		t.Errorf("got %+v", got)
	}
	c.in <- start(1)
	expect[protocol.Loaded](c)
}
