package jsx

import (
	"bytes"
	"context"
	"errors"
	"syscall/js"
	"testing"
	"time"
)

func eval(code string) js.Value { return js.Global().Get("Function").New("return " + code).Invoke() }

// What waits for the event loop gets its turn.
func TestTurn(t *testing.T) {
	began := eval(`(globalThis.ticks = 0, function tick() { if (++ticks < 10) setTimeout(tick) })`)
	began.Invoke()
	for range 1000 {
		if Turn(); eval("ticks").Int() > 3 {
			return
		}
	}
	t.Errorf("in 1000 turns a timer came %d times", eval("ticks").Int())
}

func TestAwait(t *testing.T) {
	for _, c := range []struct {
		name, code, want, err string
	}{
		{"fulfilled", `Promise.resolve("yes")`, "yes", ""},
		{"later", `new Promise(r => setTimeout(() => r("late"), 5))`, "late", ""},
		{"plain value", `"plain"`, "plain", ""},
		{"rejected with an Error", `Promise.reject(new TypeError("bad"))`, "", "TypeError: bad"},
		{"rejected with a DOMException", `Promise.reject(new DOMException("stop", "AbortError"))`, "", "AbortError: stop"},
		{"rejected with text", `Promise.reject("no")`, "", "no"},
		{"rejected with nothing", `Promise.reject()`, "", "thrown value <undefined>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := Await(context.Background(), eval(c.code))
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Fatalf("got error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || v.String() != c.want {
				t.Fatalf("got %v, %v, want %q", v, err, c.want)
			}
		})
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	if _, err := Await(ctx, eval(`new Promise(r => setTimeout(r, 50))`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	time.Sleep(80 * time.Millisecond) // the late settlement must find its callbacks alive
}

func TestTry(t *testing.T) {
	_, err := Try(func() js.Value { return eval(`null.x`) })
	if !IsException(err, "TypeError") {
		t.Fatalf("got %v, want a TypeError", err)
	}
	v, err := Try(func() js.Value { return js.ValueOf(3) })
	if err != nil || v.Int() != 3 {
		t.Fatalf("got %v, %v", v, err)
	}
}

func TestBytes(t *testing.T) {
	want := []byte{1, 2, 3, 4}
	if got := GoBytes(Bytes(want)); !bytes.Equal(got, want) {
		t.Fatalf("round trip: got %v", got)
	}
	shifted := eval(`new Float32Array(new Uint32Array([0, 0x04030201]).buffer).subarray(1)`)
	if got := GoBytes(shifted); !bytes.Equal(got, want) {
		t.Fatalf("subarray: got %v, want %v", got, want)
	}
	dst := make([]byte, 4)
	if n := CopyToGo(dst, Bytes(want).Get("buffer")); n != 4 || !bytes.Equal(dst, want) {
		t.Fatalf("CopyToGo: %d bytes, %v", n, dst)
	}
	if n := CopyToJS(shifted, []byte{9, 9}); n != 2 || !bytes.Equal(GoBytes(shifted), []byte{9, 9, 3, 4}) {
		t.Fatalf("CopyToJS: %d bytes, %v", n, GoBytes(shifted))
	}
}

func TestSequence(t *testing.T) {
	if got := Sequence([]int{4, 5}).Call("join").String(); got != "4,5" {
		t.Fatalf("got %s", got)
	}
}

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ form, text, want string }{
		{"NFC", "cafe\u0301", "café"}, {"NFD", "café", "cafe\u0301"}, {"NFKC", "ﾊﾟ", "パ"}, {"NFC", "", ""}, {"NFC", "😀", "😀"},
	} {
		if got := Normalise(c.text, c.form); got != c.want {
			t.Errorf("%s of %q is %q, want %q", c.form, c.text, got, c.want)
		}
	}
}
