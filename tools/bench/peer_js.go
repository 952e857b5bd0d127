package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"reverie/gpu/jsx"
	"reverie/gpu/ops"
)

// peer is another engine, behind a module in peers/ that exports open: it gives prepare(workload), which gives run, output and
// close, or null for what the engine does not have.
type peer struct {
	peerName string
	engine   js.Value
}

// deadline is how long a peer may take for one call; the slowest, on the slowest adapter, need about a minute.
const deadline = 4 * time.Minute

func openPeer(ctx context.Context, name string) (*peer, error) {
	load := js.Global().Get("importModule")
	if load.IsUndefined() {
		return nil, errors.New("the host has no importModule")
	}
	module, err := await(ctx, func() js.Value { return load.Invoke("/peers/" + name + ".mjs") })
	if err != nil {
		return nil, err
	}
	e, err := await(ctx, func() js.Value { return module.Call("open") })
	return &peer{name, e}, err
}

// await calls f, which may throw, and waits for the promise that it returns.
func await(ctx context.Context, f func() js.Value) (js.Value, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, fmt.Errorf("no answer in %v", deadline))
	defer cancel()
	promise, err := jsx.Try(f)
	if err != nil {
		return promise, err
	}
	v, err := jsx.Await(ctx, promise)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return v, err
}

func (p *peer) name() string { return p.peerName }

func (p *peer) prepare(ctx context.Context, w workload) (job, error) {
	text, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	described := js.Global().Get("JSON").Call("parse", string(text))
	j, err := await(ctx, func() js.Value { return p.engine.Call("prepare", described) })
	if err != nil || j.IsNull() {
		return nil, err
	}
	return peerJob{j}, nil
}

type peerJob struct{ job js.Value }

func (p peerJob) run(ctx context.Context) error {
	_, err := await(ctx, func() js.Value { return p.job.Call("run") })
	return err
}

func (p peerJob) output(ctx context.Context) ([]float32, error) {
	v, err := await(ctx, func() js.Value { return p.job.Call("output") })
	if err != nil {
		return nil, err
	}
	return ops.Unpad(jsx.GoBytes(v), 1, v.Length()), nil
}

func (p peerJob) close() { jsx.Try(func() js.Value { return p.job.Call("close") }) }
