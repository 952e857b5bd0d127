package jsx

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"
)

// Constructors and methods used on hot paths, looked up once.
var (
	promiseClass = js.Global().Get("Promise")
	uint8Array   = js.Global().Get("Uint8Array")
	arrayBuffer  = js.Global().Get("ArrayBuffer")
)

// Await blocks until promise settles and returns its value, or its rejection as an error. It must not be called on the goroutine
// of a JavaScript callback, which the event loop is waiting for. A value that is no promise is returned as it is.
//
// When ctx ends first, Await returns its error; the promise still runs on and its callbacks are released when it settles.
func Await(ctx context.Context, promise js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	settled := make(chan result, 1)
	var fulfil, reject js.Func
	settle := func(r result) {
		settled <- r
		fulfil.Release()
		reject.Release()
	}
	fulfil = js.FuncOf(func(_ js.Value, args []js.Value) any {
		settle(result{value: first(args)})
		return nil
	})
	reject = js.FuncOf(func(_ js.Value, args []js.Value) any {
		settle(result{err: Error(first(args))})
		return nil
	})
	promiseClass.Call("resolve", promise).Call("then", fulfil, reject)
	if err := ctx.Err(); err != nil { // only now: a promise that nobody listens to would complain in the console if it failed
		return js.Undefined(), err
	}
	select {
	case r := <-settled:
		return r.value, r.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

// Turn lets the event loop turn: what waits for it, drawing and a person's presses too, comes before what follows. A sleep does not promise that, for Go goes on
// by itself when its time is over before Go has nothing else to do. It must not be called on the goroutine of a JavaScript callback.
func Turn() {
	turned := make(chan struct{})
	var back js.Func
	back = js.FuncOf(func(js.Value, []js.Value) any {
		back.Release()
		close(turned)
		return nil
	})
	if scheduler := js.Global().Get("scheduler"); scheduler.Truthy() {
		scheduler.Call("postTask", back)
	} else { // timers that set one another wait for 4 ms each
		js.Global().Call("setTimeout", back)
	}
	<-turned
}

func first(args []js.Value) js.Value {
	if len(args) == 0 {
		return js.Undefined()
	}
	return args[0]
}

// Try runs f and returns a JavaScript exception that it raised as an error. syscall/js raises exceptions as panics; any other panic
// goes on.
func Try(f func() js.Value) (v js.Value, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case js.Error:
			v, err = js.Undefined(), Error(r.Value)
		default:
			panic(r)
		}
	}()
	return f(), nil
}

// normalise is String.prototype.normalize.
var normalise = js.Global().Get("String").Get("prototype").Get("normalize")

// Normalise gives UTF-8 one of Unicode's normal forms: NFC, NFD, NFKC or NFKD.
func Normalise(s, form string) string { return normalise.Call("call", s, form).String() }

// Exception is a JavaScript error seen from Go. Name is its class ("AbortError", "OperationError", "TypeError", …).
type Exception struct {
	Name    string
	Message string
}

func (e *Exception) Error() string {
	if e.Name == "" || e.Name == "Error" {
		return e.Message
	}
	return e.Name + ": " + e.Message
}

// IsException reports whether err is, or wraps, a JavaScript error of the class name.
func IsException(err error, name string) bool {
	var e *Exception
	return errors.As(err, &e) && e.Name == name
}

// Error turns anything JavaScript can throw into a Go error.
func Error(v js.Value) error {
	switch v.Type() {
	case js.TypeObject, js.TypeFunction:
		e := &Exception{Name: text(v.Get("name")), Message: text(v.Get("message"))}
		if e.Message == "" {
			e.Message = v.Call("toString").String()
		}
		return e
	case js.TypeString:
		return &Exception{Message: v.String()}
	default:
		return &Exception{Message: fmt.Sprint("thrown value ", v.String())}
	}
}

func text(v js.Value) string {
	if v.Type() != js.TypeString {
		return ""
	}
	return v.String()
}

// Bytes copies b into a new Uint8Array.
func Bytes(b []byte) js.Value {
	a := uint8Array.New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

// View returns v, an ArrayBuffer or any typed array or DataView, as a Uint8Array over the same memory.
func View(v js.Value) js.Value {
	switch {
	case v.InstanceOf(uint8Array):
		return v
	case v.InstanceOf(arrayBuffer):
		return uint8Array.New(v)
	default:
		return uint8Array.New(v.Get("buffer"), v.Get("byteOffset"), v.Get("byteLength"))
	}
}

// GoBytes copies the bytes of v, an ArrayBuffer or a view of one, into a new slice.
func GoBytes(v js.Value) []byte {
	v = View(v)
	b := make([]byte, v.Get("length").Int())
	js.CopyBytesToGo(b, v)
	return b
}

// CopyToGo copies the bytes of v into dst and returns how many it copied, at most len(dst).
func CopyToGo(dst []byte, v js.Value) int { return js.CopyBytesToGo(dst, View(v)) }

// CopyToJS copies src into the memory behind v and returns how many bytes it copied.
func CopyToJS(v js.Value, src []byte) int { return js.CopyBytesToJS(View(v), src) }

// Sequence returns a JavaScript array of values.
func Sequence[T any](values []T) js.Value {
	a := js.Global().Get("Array").New(len(values))
	for i, v := range values {
		a.SetIndex(i, v)
	}
	return a
}
