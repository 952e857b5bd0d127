package pickle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"reverie/weights/foreign"
)

var policy = Policy{
	Global: func(g Global) (any, error) {
		switch g {
		case Global{"collections", "OrderedDict"}:
			return NewDict(new(foreign.Budget)), nil
		case Global{"library", "Thing"}:
			return Inert(g), nil
		}
		return nil, fmt.Errorf("refused %s", g)
	},
	Persistent: func(id any) (any, error) { return fmt.Sprintf("<%v>", id), nil },
}

func load(data string) (any, int64, error) {
	return Read(bufio.NewReader(strings.NewReader(data)), policy)
}

func dict(items ...Item) *Dict {
	d := new(Dict)
	for _, i := range items {
		d.Set(i.Key, i.Value)
	}
	return d
}

func TestRead(t *testing.T) {
	huge, _ := new(big.Int).SetString("1950a86a20f9469cfc6c", 16)
	thing := Global{"library", "Thing"}
	tests := []struct {
		name, data string
		want       any
	}{
		{"none", "\x80\x02N.", nil},
		{"booleans", "\x80\x02\x88\x89\x86.", Tuple{true, false}},
		{"integers", "\x80\x02K\xffM\x01\x02J\xfe\xff\xff\xff\x87.", Tuple{int64(255), int64(513), int64(-2)}},
		{"long integers", "\x80\x02\x8a\x00\x8a\x01\xff\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80\x87.", Tuple{int64(0), int64(-1), int64(-1 << 63)}},
		{"PyTorch's magic number", "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", huge},
		{"a length of four bytes", "\x80\x02\x8b\x02\x00\x00\x00\x00\x01.", int64(256)},
		{"float", "\x80\x02G@\x04\x00\x00\x00\x00\x00\x00.", 2.5},
		{"text", "\x80\x02X\x03\x00\x00\x00abc.", "abc"},
		{"text of protocol 4", "\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x8c\x02hi\x94.", "hi"},
		{"text of Python 2", "\x80\x02U\x02hi.", "hi"},
		{"bytes", "\x80\x03C\x02\x00\xff.", []byte{0, 255}},
		{"tuples", "\x80\x02)K\x01\x85(K\x01K\x02K\x03K\x04t\x87.",
			Tuple{Tuple{}, Tuple{int64(1)}, Tuple{int64(1), int64(2), int64(3), int64(4)}}},
		{"list", "\x80\x02]K\x01a(K\x02K\x03e.", &List{Items: []any{int64(1), int64(2), int64(3)}}},
		{"dict", "\x80\x02}X\x01\x00\x00\x00aK\x01s(X\x01\x00\x00\x00bK\x02K\x05K\x03u.",
			dict(Item{"a", int64(1)}, Item{"b", int64(2)}, Item{int64(5), int64(3)})},
		{"a key set twice", "\x80\x02}(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00aK\x02u.", dict(Item{"a", int64(2)})},
		{"set", "\x80\x04\x8f(K\x01\x90.", &List{Items: []any{int64(1)}}},
		{"memo", "\x80\x02K\x07q\x000h\x00h\x00\x86.", Tuple{int64(7), int64(7)}},
		{"memo of four bytes", "\x80\x02K\x07r\x00\x01\x00\x000j\x00\x01\x00\x00.", int64(7)},
		{"duplicate", "\x80\x02K\x072\x86.", Tuple{int64(7), int64(7)}},
		{"items dropped to the mark", "\x80\x02N(K\x01K\x021.", nil},
		{"ordered dict", "\x80\x02ccollections\nOrderedDict\n](X\x01\x00\x00\x00aK\x01\x86e\x85R.", dict(Item{"a", int64(1)})},
		{"inert instance", "\x80\x02clibrary\nThing\n)\x81}K\x01K\x02sb.", &Object{Class: thing, Args: Tuple{}, State: dict(Item{int64(1), int64(2)})}},
		{"global from the stack", "\x80\x04\x8c\x07library\x8c\x05Thing\x93)R.", &Object{Class: thing, Args: Tuple{}}},
		{"items of an inert instance", "\x80\x02clibrary\nThing\n)\x81(K\x01e(K\x01K\x02u.", &Object{Class: thing, Args: Tuple{}, Items: dict(Item{int64(1), int64(2)})}},
		{"inert instance with named arguments", "\x80\x04clibrary\nThing\nK\x01\x85}\x92.", &Object{Class: thing, Args: Tuple{int64(1)}}},
		{"what an inert call returned is called", "\x80\x02clibrary\nThing\n)RK\x01\x85R.", &Object{Class: thing, Args: Tuple{int64(1)}}},
		{"dict of a dict", "\x80\x02ccollections\nOrderedDict\n}X\x01\x00\x00\x00aK\x01s\x85R.", dict(Item{"a", int64(1)})},
		{"dict of something inert", "\x80\x02ccollections\nOrderedDict\nK\x01\x85R.", &Object{Class: Global{"collections", "OrderedDict"}, Args: Tuple{int64(1)}}},
		{"a number of many bytes", "\x80\x02\x8b\x41\x00\x00\x00" + strings.Repeat("\x01", 65) + ".", Omitted(65)},
		{"a text longer than any name", "\x80\x02X\x01\x00\x01\x00" + strings.Repeat("a", 1<<16+1) + ".", Omitted(1<<16 + 1)},
		{"bytes longer than any name", "\x80\x03B\x01\x00\x01\x00" + strings.Repeat("a", 1<<16+1) + ".", Omitted(1<<16 + 1)},
		{"persistent id", "\x80\x02X\x01\x00\x00\x00kQ.", "<k>"},
	}
	for _, tt := range tests {
		got, n, err := load(tt.data + "rest")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %#v, want %#v", tt.name, got, tt.want)
		}
		if n != int64(len(tt.data)) {
			t.Errorf("%s: read %d bytes of %d", tt.name, n, len(tt.data))
		}
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"nothing", "", "ends too early"},
		{"cut in a text", "\x80\x02X\x05\x00\x00\x00abc", "ends too early"},
		{"a text longer than any pickle", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", "over 134217728 bytes"},
		{"protocol 0", "\x80\x00N.", "protocol 0"},
		{"text instruction", "I1\n.", "instruction 0x49"},
		{"extension registry", "\x80\x02\x82\x01.", "instruction 0x82"},
		{"system", "\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.", "refused posix.system"},
		{"system by protocol 4", "\x80\x04\x8c\x05posix\x8c\x06system\x93.", "refused posix.system"},
		{"calling a text", "\x80\x02X\x01\x00\x00\x00a)R.", "it calls a text"},
		{"arguments that are no tuple", "\x80\x02clibrary\nThing\nNR.", "arguments are"},
		{"empty stack", "\x80\x02.", "nothing to work on"},
		{"a mark as value", "\x80\x02(.", "nothing to work on"},
		{"no mark", "\x80\x02K\x01t.", "nothing to work on"},
		{"memo that was not set", "\x80\x02h\x05.", "value 5 was never stored"},
		{"append to a number", "\x80\x02K\x01K\x02a.", "appended to a number"},
		{"key in a list", "\x80\x02]K\x01K\x02s.", "keys are set in"},
		{"key without value", "\x80\x02}(K\x01u.", "a key has no value"},
		{"integer without end", "\x80\x02\x8b\xff\xff\xff\x7f", "over 134217728 bytes"},
		{"class with a name without end", "\x80\x02c" + strings.Repeat("a", 1<<11) + "\n", "a name of over 1024 bytes"},
		{"global without name", "\x80\x04K\x01K\x02\x93.", "a global has no name"},
		{"dict of numbers", "\x80\x02ccollections\nOrderedDict\n]K\x01a\x85R.", "not pairs"},
	}
	for _, tt := range tests {
		if v, _, err := load(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %#v, error %v, want %q", tt.name, v, err, tt.want)
		}
	}
}

// Values that share parts are paid for wherever they are put: work and memory cannot be made out of few bytes.
func TestBudget(t *testing.T) {
	list := "](" + strings.Repeat("X\x01\x00\x00\x00aK\x01\x86", 1000) + "e" // pairs
	long := "X\x00\x80\x00\x00" + strings.Repeat("a", 1<<15)
	for name, data := range map[string]string{
		"a dict made again and again of one list": list + "\x85q\x000" + strings.Repeat("ccollections\nOrderedDict\nh\x00R0", 1500),
		"a dict made again and again of one dict": "}(" + strings.Repeat("K\x01K\x01", 1000) + "u\x85q\x000" + strings.Repeat("ccollections\nOrderedDict\nh\x00R0", 1500),
		"a long key set again and again":          "}" + long + "q\x00K\x01s" + strings.Repeat("h\x00K\x01s", 2000),
		"a long name looked up again and again":   long + "q\x000" + strings.Repeat("h\x00h\x00\x930", 2000),
		"two million empty lists":                 strings.Repeat("]", 1<<21),
		"two million values in the memo":          "N" + strings.Repeat("\x94", 1<<21),
		"two million lists of one number":         strings.Repeat("]K\x01a0", 1<<19),
		"a tuple of 1.5 million numbers":          "(" + strings.Repeat("K\x01", 3<<19) + "t",
		"texts that are kept":                     "]" + strings.Repeat(long+"a", 2100),
	} {
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		b := new(foreign.Budget)
		p := policy
		p.Budget = b
		p.Global = func(g Global) (any, error) {
			if g.Name == "OrderedDict" {
				return NewDict(b), nil
			}
			return Inert(g), nil
		}
		start := time.Now()
		_, _, err := Read(bufio.NewReader(strings.NewReader("\x80\x04"+data+".")), p)
		runtime.ReadMemStats(&m1)
		if !errors.Is(err, foreign.ErrBudget) {
			t.Errorf("%s: error %v", name, err)
		}
		if took, all := time.Since(start), m1.TotalAlloc-m0.TotalAlloc; took > 5*time.Second || all > 2*foreign.Limit {
			t.Errorf("%s: took %v and %d MiB in all", name, took, all>>20)
		}
	}
}

// A text that is passed over costs its bytes, so that several pickles of one file are not endless.
func TestLongTexts(t *testing.T) {
	p := Policy{Budget: new(foreign.Budget)}
	for i, want := range []error{nil, nil, foreign.ErrBudget} {
		zeros := io.LimitReader(zeros{}, 100<<20)
		_, _, err := Read(bufio.NewReader(io.MultiReader(strings.NewReader("\x80\x04X\x00\x00\x40\x06"), zeros, strings.NewReader("."))), p)
		if err != want {
			t.Errorf("text %d of 100 MiB: error %v, want %v", i, err, want)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestPersistentRefused(t *testing.T) {
	_, _, err := Read(bufio.NewReader(strings.NewReader("\x80\x02NQ.")), Policy{Global: policy.Global})
	if err == nil {
		t.Error("a persistent id was accepted without a policy for it")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"\x80\x02}(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00bccollections\nOrderedDict\n)Ru.",
		"\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x8c\x02hi\x94\x85\x94.",
		"\x80\x02clibrary\nThing\n)\x81}K\x01K\x02sb.", "\x80\x02]q\x00h\x00a.", "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
		"\x80\x02(K\x01K\x02K\x03l(K\x01K\x02d2\x861.", "\x80\x02X\x01\x00\x00\x00kQ.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		_, n, err := load(data)
		if err == nil && n > int64(len(data)) {
			t.Fatalf("read %d bytes of %d", n, len(data))
		}
	})
}
