package pickle

import (
	"bufio"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

var policy = Policy{
	Global: func(g Global) (any, error) {
		switch g {
		case Global{"collections", "OrderedDict"}:
			return Func(NewDict), nil
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
		{"items of an inert instance", "\x80\x02clibrary\nThing\n)\x81(K\x01e(K\x01K\x02u.", &Object{Class: thing, Args: Tuple{}}},
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
		{"a text longer than any pickle", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", "over 16777216 bytes"},
		{"protocol 0", "\x80\x00N.", "protocol 0"},
		{"text instruction", "I1\n.", "instruction 0x49"},
		{"extension registry", "\x80\x02\x82\x01.", "instruction 0x82"},
		{"system", "\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.", "refused posix.system"},
		{"system by protocol 4", "\x80\x04\x8c\x05posix\x8c\x06system\x93.", "refused posix.system"},
		{"calling a text", "\x80\x02X\x01\x00\x00\x00a)R.", "not a permitted function"},
		{"arguments that are no tuple", "\x80\x02clibrary\nThing\nNR.", "arguments are"},
		{"empty stack", "\x80\x02.", "nothing to work on"},
		{"a mark as value", "\x80\x02(.", "nothing to work on"},
		{"no mark", "\x80\x02K\x01t.", "nothing to work on"},
		{"memo that was not set", "\x80\x02h\x05.", "value 5 was never stored"},
		{"append to a number", "\x80\x02K\x01K\x02a.", "appended to int64"},
		{"key in a list", "\x80\x02]K\x01K\x02s.", "keys are set in"},
		{"key without value", "\x80\x02}(K\x01u.", "a key has no value"},
		{"integer without end", "\x80\x02\x8b\xff\xff\xff\x7f", "an integer has 2147483647 bytes"},
		{"global without name", "\x80\x04K\x01K\x02\x93.", "a global has no name"},
		{"dict of numbers", "\x80\x02ccollections\nOrderedDict\n]K\x01a\x85R.", "not pairs"},
	}
	for _, tt := range tests {
		if v, _, err := load(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %#v, error %v, want %q", tt.name, v, err, tt.want)
		}
	}
}

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
