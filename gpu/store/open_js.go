package store

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"reverie/gpu/jsx"
)

// Open opens the best store of this browser. The path names the app among others of the same origin: each keeps its own files.
func Open(ctx context.Context, path string) Store {
	folder := "reverie" + js.Global().Call("encodeURIComponent", path).String()
	if s, err := openFiles(ctx, folder); err == nil {
		return s
	}
	if s, err := openPieces(ctx, folder); err == nil {
		return s
	}
	return Nothing{}
}

var errMissing = errors.New("store: this browser lacks it")

func storageManager() js.Value { return js.Global().Get("navigator").Get("storage") }

// room asks the browser.
func room(ctx context.Context) (Room, error) {
	manager := storageManager()
	if manager.IsUndefined() {
		return Room{}, nil
	}
	estimate, err := jsx.Await(ctx, manager.Call("estimate"))
	if err != nil {
		return Room{}, fmt.Errorf("store: %w", err)
	}
	persisted, err := jsx.Await(ctx, manager.Call("persisted"))
	if err != nil {
		return Room{}, fmt.Errorf("store: %w", err)
	}
	return Room{Usage: int64(estimate.Get("usage").Float()), Quota: int64(estimate.Get("quota").Float()), Persisted: persisted.Bool()}, nil
}

// problem names an error of the browser.
func problem(err error) error {
	switch {
	case err == nil:
		return nil
	case jsx.IsException(err, "QuotaExceededError"):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case jsx.IsException(err, "NoModificationAllowedError"), jsx.IsException(err, "InvalidStateError"):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return fmt.Errorf("store: %w", err)
}

// lock holds a name among all tabs and workers of this origin by the Web Locks API. Without it files have locks of their own, and
// whoever finds one locked gets ErrBusy.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	locks := js.Global().Get("navigator").Get("locks")
	if locks.IsUndefined() {
		return func() {}, nil
	}
	abort := js.Global().Get("AbortController").New()
	granted := make(chan func(), 1)
	// The lock is held until the promise that the callback returns is fulfilled.
	hold := js.FuncOf(func(js.Value, []js.Value) any {
		var release js.Value
		executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
			release = args[0]
			return nil
		})
		defer executor.Release()
		held := js.Global().Get("Promise").New(executor)
		granted <- func() { release.Invoke() }
		return held
	})
	over := make(chan error, 1)
	go func() {
		_, err := jsx.Await(context.Background(), locks.Call("request", name, map[string]any{"signal": abort.Get("signal")}, hold))
		hold.Release()
		over <- err
	}()
	select {
	case unlock := <-granted:
		return unlock, nil
	case err := <-over:
		return nil, fmt.Errorf("store: locking %s: %w", name, err)
	case <-ctx.Done():
		abort.Call("abort")
		select {
		case unlock := <-granted: // it came at the last moment
			unlock()
		case <-over:
		}
		return nil, ctx.Err()
	}
}
