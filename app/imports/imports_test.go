//go:build !js

package imports

import (
	"reflect"
	"strings"
	"testing"

	"reverie/app/wire"
)

// Every message comes as it was sent, with its files in their places.
func TestMessagesTravel(t *testing.T) {
	file := &wire.File{}
	for _, m := range []Message{
		Begin{Base: "http://here/weights/", Name: "pair", Quant: "q4", VQGAN: &Source{Name: "a.ckpt", Size: 3, File: file},
			CLIP: &Source{Name: "b.pt", URLs: []string{"https://there/b.pt"}, Config: &Text{"c.json", "{}"}, Beside: []Text{{"d.json", "[]"}}, Digest: "e"}},
		Begin{Name: "one", CLIP: &Source{File: file}}, Pause{}, Resume{}, Cancel{Base: "/", Name: "pair"}, Look{Base: "/"},
		Examine{Files: []*Source{{Name: "a.ckpt", Size: 3, Changed: 4, File: file}, {Name: "b.yaml", File: file}}},
		Found{Parts: []Part{{File: 1, VQGAN: true, What: "w", Config: &Text{"c", "d"}, Beside: []Text{{"e", "f"}}, Kept: map[string]int64{"q4": 5}, Notes: []string{"n"}}}, Problems: []string{"p"}, Unused: []string{"u"}},
		Progress{Done: 1, Total: 2, Speed: 3, Left: -1}, Paused{},
		Done{Name: "pair", Bytes: 1, Fetched: 2, Sources: []string{"a"}, Dropped: 3, Notes: []string{"n"}}, Cancelled{}, Interrupted{Imports: []Begin{{Name: "x"}}},
		Problem{Message: "It failed.", Resumable: true}, Beat{}, Exit{Code: 1, Tail: "t"},
	} {
		w, err := Encode(m)
		if err != nil {
			t.Errorf("%T: %v", m, err)
			continue
		}
		if got, err := Decode(w); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%+v comes as %+v, %v", m, got, err)
		}
	}
}

// A message whose file is missing is refused on either side, and so is a file that no message wants.
func TestFilesThatAreMissing(t *testing.T) {
	if _, err := Encode(Begin{CLIP: &Source{Name: "a.pt"}}); err == nil || !strings.Contains(err.Error(), "lacks a file") {
		t.Errorf("error %v", err)
	}
	w, err := Encode(Begin{CLIP: &Source{File: &wire.File{}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Files = nil
	if _, err := Decode(w); err == nil || !strings.Contains(err.Error(), "wants 1 files and has 0") {
		t.Errorf("error %v", err)
	}
	if m, err := DecodeText(w.Text); err != nil || m.(Begin).CLIP.File != nil {
		t.Errorf("without files it is %+v, %v", m, err)
	}
}
