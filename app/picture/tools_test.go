package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"reverie/recipe"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What ImageMagick's users write into a comment is no prompt.
func TestComment(t *testing.T) {
	if found, err := Read(file(t, "im_comment.png")); err != nil || !reflect.DeepEqual(found, Found{Width: 8, Height: 6}) {
		t.Errorf("%+v, %v", found, err)
	}
}

// The pictures in testdata are of a run that was to have two phases; the tool drew the first.
func TestRKH(t *testing.T) {
	size := []recipe.Setting{recipe.Width.Is(8), recipe.Height.Is(6), recipe.Seed.Is(5476245293527641887), recipe.PhaseSteps.Is(150)}
	notice := []string{"The picture shows only the first of the prompt's 2 phases, and so will the run: the next one begins if you continue it."}
	for name, want := range map[string]Found{
		"rk.png": {Title: "A painting of flowers in the renaissance style:0.5 | rembrandt:0.5 ^ fish:0.2", Script: recipe.Script{Recipe: recipe.New(size...)}},
		"rk.jpg": {
			Title:  "A painting of flowers in the renaissance style, seed: 3, größer 🍎:0.5 | rembrandt:0.5 ^ fish:0.2",
			Script: recipe.Script{Recipe: recipe.New(append(size, recipe.Preset.Is("zq"))...)},
		},
	} {
		want.Tool, want.Width, want.Height, want.Seed, want.Step, want.Notices = ToolRKH, 8, 6, "5476245293527641887", 150, notice
		want.Script.Recipe = want.Script.Recipe.With(recipe.Prompt.Is(want.Title))
		if found, err := Read(file(t, name)); err != nil || !reflect.DeepEqual(found, want) {
			t.Errorf("%s: %+v, %v; want %+v", name, found, err, want)
		}
	}
}

// TestRKHMembers reads what the tool's versions write, and what others make of it.
func TestRKHMembers(t *testing.T) {
	for _, test := range []struct {
		name, texts string // "keyword=value;…"
		want        recipe.Recipe
		notices     []string // a piece of each
	}{
		{"nothing but the prompt and a seed", "text_prompts=a cat;seed=7", recipe.New(recipe.Prompt.Is("a cat"), recipe.Seed.Is(7)), nil},
		{"without a seed", "text_prompts=a|b:0.5;iterations=20", recipe.New(recipe.Prompt.Is("a | b:0.5"), recipe.Steps.Is(20)), nil},
		{"None everywhere", "text_prompts=None;iterations=None;seed=None;image_prompts=[];init_image=None;noise_prompts=[]", recipe.New(recipe.Prompt.Is("")), nil},
		{"a list", "text_prompts=['a cat', \"the dog's:2\"];seed=7", recipe.New(recipe.Prompt.Is("a cat | the dog's:2"), recipe.Seed.Is(7)), nil},
		{"a list of phases", "text_prompts=[['a', 'b'], ['c']];change_prompt_every=20", recipe.New(recipe.Prompt.Is("a | b ^ c"), recipe.PhaseSteps.Is(20)), nil},
		{"phases of a length", "text_prompts=a^b^c;iterations=60;change_prompt_every=20;seed=7",
			recipe.New(recipe.Prompt.Is("a ^ b ^ c"), recipe.Steps.Is(60), recipe.PhaseSteps.Is(20), recipe.Seed.Is(7)), nil},
		{"phases by frames", "text_prompts=a^b;iterations=60;change_prompts_on_frame=30",
			recipe.New(recipe.Prompt.Is("a ^ b"), recipe.Steps.Is(60), recipe.PhaseSteps.Is(30)), nil},
		{"frames without an order", "text_prompts=a^b;seed=7;change_prompts_on_frame=[30, 70]", recipe.New(recipe.Prompt.Is("a ^ b"), recipe.Seed.Is(7), recipe.PhaseSteps.Is(150)),
			[]string{"change_prompts_on_frame is \"[30, 70]\"", "first of the prompt's 2 phases"}},
		{"a video's frame", "text_prompts=a^b;iterations=60;change_prompt_every=N/A;init_image=12;zoom_scale=1.02",
			recipe.New(recipe.Prompt.Is("a ^ b"), recipe.Steps.Is(60), recipe.PhaseSteps.Is(60)), []string{"input images", "first of the prompt's 2 phases"}},
		{"the configuration", "text_prompts=a;iterations=60.0;learning_rate=0.05;num_cuts=32;cut_power=0.3;optimizer=AdamW;init_weight=1.5;init_image_method=decay;cut_method=kornia",
			recipe.New(recipe.Prompt.Is("a"), recipe.Steps.Is(60), recipe.LearningRate.Is(0.05), recipe.Cutouts.Is(32), recipe.CutPow.Is(0.3), recipe.Optimizer.Is("adamw"),
				recipe.InitWeight.Is(1.5), recipe.InitLoss.Is("nerdyrodent")), nil},
		{"what has no counterpart", "text_prompts=a;noise_prompts=123:0.1;optimizer=Lion;cut_method=sg3;image_prompts=a.jpg;seed=-1",
			recipe.New(recipe.Prompt.Is("a"), recipe.NoisePrompts.Is("123:0.1")),
			[]string{"seed is \"-1\"", "cut_method is \"sg3\"", "optimizer is \"Lion\"", "input images"}},
		{"beyond the limits", "text_prompts=a;num_cuts=99999;learning_rate=-1;iterations=many", recipe.New(recipe.Prompt.Is("a"), recipe.Cutouts.Is(1024)),
			[]string{"iterations is \"many\"", "cutouts was 99999 and became 1024", "learning_rate is \"-1\""}},
		{"image prompts alone", "text_prompts=;image_prompts=a.jpg;iterations=10", recipe.New(recipe.Prompt.Is(""), recipe.Steps.Is(10)), []string{"input images"}},
	} {
		var chunks []string
		for _, text := range strings.Split(test.texts, ";") {
			chunks = append(chunks, strings.Replace(text, "=", "\x00", 1))
		}
		found, err := Read(withText(t, 5, 4, "tEXt", chunks...))
		want := test.want.With(recipe.Width.Is(5), recipe.Height.Is(4))
		if err != nil || found.Tool != ToolRKH || !reflect.DeepEqual(found.Script.Recipe, want) {
			t.Errorf("%s: %q, %+v, %v; want %+v", test.name, found.Tool, found.Script.Recipe, err, want)
		}
		if len(found.Notices) != len(test.notices) {
			t.Errorf("%s: the notices are %q, want %q", test.name, found.Notices, test.notices)
			continue
		}
		for i, notice := range found.Notices {
			if !strings.Contains(notice, test.notices[i]) || !strings.HasSuffix(notice, ".") {
				t.Errorf("%s: the notice %q, want a sentence with %q", test.name, notice, test.notices[i])
			}
		}
	}
	for _, alone := range []string{"text_prompts\x00a cat", "seed\x007", "iterations\x00150"} {
		if found, err := Read(withText(t, 5, 4, "tEXt", alone)); err != nil || found.Tool != "" {
			t.Errorf("%q alone is %q's, %v", alone, found.Tool, err)
		}
	}
}

// TestRKHComments reads the comment of a JPEG in every encoding, and does without what is missing.
func TestRKHComments(t *testing.T) {
	const comment, title = "text_prompts: a cat, style: oil:0.5, image_prompts: [], iterations: 150, zoom_scale: 1.0, seed: 77", "a cat, style: oil:0.5"
	low, high := utf16Bytes(binary.LittleEndian, comment), utf16Bytes(binary.BigEndian, comment)
	software := []byte("https://github.com/rkhamilton/vqgan-clip-generator\x00")
	for _, test := range []struct {
		name                 string
		user, xp, title, own []byte
		tool                 string
		steps                int
	}{
		{"as the tool writes it", low, low, utf16Bytes(binary.LittleEndian, title), software, ToolRKH, 150},
		{"UserComment alone", low, nil, nil, nil, ToolRKH, 150},
		{"XPComment alone", nil, append(low, 0, 0), nil, nil, ToolRKH, 150},
		{"high bytes first", high, nil, nil, nil, ToolRKH, 150},
		{"with the name of its encoding", append([]byte("UNICODE\x00"), low...), nil, nil, nil, ToolRKH, 150},
		{"ASCII", append([]byte("ASCII\x00\x00\x00"), comment...), nil, nil, nil, ToolRKH, 150},
		{"plain", []byte(comment + "\x00"), nil, nil, nil, ToolRKH, 150},
		{"the title and the tool's name", nil, nil, utf16Bytes(binary.LittleEndian, title+"\x00"), software, ToolRKH, 0},
		{"a title", nil, nil, utf16Bytes(binary.LittleEndian, title), nil, "", 0},
		{"a comment", utf16Bytes(binary.LittleEndian, "text_prompts: on the wall, seed 3"), low[:40], nil, nil, "", 0},
		{"the tool's name", nil, nil, nil, software, "", 0},
		{"nothing", nil, nil, nil, nil, "", 0},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			found, err := Read(jpegWith(t, exifBlock(order, test.user, test.xp, test.title, test.own)))
			if err != nil || found.Tool != test.tool || found.Width != 8 || found.Height != 6 || found.Step != test.steps || found.Notices != nil {
				t.Errorf("%s, %v: %+v, %v; want %q and %d steps", test.name, order, found, err, test.tool, test.steps)
			}
			r := found.Script.Recipe
			if test.tool != "" && recipe.Prompt.In(r) != title || test.steps > 0 && recipe.Seed.In(r) != 77 {
				t.Errorf("%s, %v: the prompt %q and the seed %d", test.name, order, recipe.Prompt.In(r), recipe.Seed.In(r))
			}
		}
	}
	if _, err := Read([]byte("\xff\xd8\xff")); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a cut JPEG: %v", err)
	}
}

func TestPixray(t *testing.T) {
	found, err := Read(withText(t, 5, 4, "tEXt", "pixray_prompts\x00a cat|2^3", "pixray_seed_used\x0077", "pixray_iterations\x00200", "pixray_num_cuts\x009",
		"pixray_learning_rate\x000.3", "pixray_optimiser\x00AdamW", "pixray_vqgan_model\x00wikiart_16384", "pixray_init_image\x00None", "pixray_drawer\x00vqgan"))
	want := Found{
		Tool: ToolPixray, Width: 5, Height: 4, Title: "a cat|2^3", Model: "wikiart_16384", Seed: "77", Step: 200,
		Script: recipe.Script{Recipe: recipe.New(recipe.Prompt.Is(`a cat|2\^3`), recipe.Width.Is(5), recipe.Height.Is(4), recipe.Seed.Is(77), recipe.Steps.Is(200),
			recipe.Cutouts.Is(9), recipe.LearningRate.Is(0.3), recipe.Optimizer.Is("adamw"))},
	}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("%+v, %v; want %+v", found, err, want)
	}
}

// FuzzEXIF reads EXIF blocks as they come in JPEGs, and the texts in them.
func FuzzEXIF(f *testing.F) {
	plain := plainJPEG(f)
	comment := utf16Bytes(binary.LittleEndian, "text_prompts: a, b^c, seed: 7, iterations: 9")
	f.Add(exifBlock(binary.LittleEndian, comment, comment, comment, nil))
	f.Add(exifBlock(binary.BigEndian, []byte("ASCII\x00\x00\x00text_prompts: , iterations: "), nil, comment, nil))
	f.Add([]byte("II*\x00\xff\xff\xff\xff"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x9b\x9c\x63\x00\x01\x00\x00\x00\x06\x00\x00\x00")) // of no known type
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\xff\xff\x9c\x9b\x00\x0c\xff\xff\xff\xff\xff\xff\xff\xf8"))
	f.Fuzz(func(t *testing.T, block []byte) {
		if len(block) > 1<<12 {
			return // a segment may be longer, and says no more
		}
		data := withEXIF(plain, block)
		found, err := Read(data)
		if err != nil || found.Width != 8 || found.Height != 6 || found.Complete || found.Tool != "" && found.Tool != ToolRKH {
			t.Errorf("%+v, %v", found, err)
		}
		for _, notice := range found.Notices {
			if len(notice) > 1000 {
				t.Errorf("a notice of %d bytes", len(notice))
			}
		}
		if _, err := Open(data); err != nil {
			t.Error(err)
		}
	})
}

func utf16Bytes(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// exifBlock is a TIFF block with what is not nil: UserComment in the EXIF directory, XPComment, XPTitle and Software in the first.
func exifBlock(order binary.AppendByteOrder, user, xpComment, xpTitle, software []byte) []byte {
	type entry struct {
		tag, kind uint16
		value     []byte
	}
	// directory appends one at the end of b, whose values follow it.
	directory := func(b []byte, entries ...entry) []byte {
		var present []entry
		for _, e := range entries {
			if e.value != nil {
				present = append(present, e)
			}
		}
		values := len(b) + 2 + 12*len(present) + 4
		b = order.AppendUint16(b, uint16(len(present)))
		var data []byte
		for _, e := range present {
			b = order.AppendUint16(order.AppendUint16(b, e.tag), e.kind)
			count := len(e.value)
			if e.kind == 4 {
				count /= 4
			}
			b = order.AppendUint32(b, uint32(count))
			if len(e.value) <= 4 {
				b = append(append(b, e.value...), make([]byte, 4-len(e.value))...)
				continue
			}
			b = order.AppendUint32(b, uint32(values+len(data)))
			data = append(data, e.value...)
		}
		return append(order.AppendUint32(b, 0), data...)
	}
	b := []byte("II*\x00")
	if order.String() == binary.BigEndian.String() {
		b = []byte("MM\x00*")
	}
	// The EXIF directory comes first, for its place is known then.
	const header = 8
	inner := directory(make([]byte, header), entry{tagUserComment, 7, user})
	b = order.AppendUint32(b, uint32(len(inner)))
	b = append(b, inner[header:]...)
	return directory(b, entry{tagSoftware, 2, software}, entry{tagEXIF, 4, order.AppendUint32(nil, header)}, entry{tagXPTitle, 1, xpTitle}, entry{tagXPComment, 1, xpComment})
}

// jpegWith is a JPEG of 8×6 with an EXIF segment.
func jpegWith(t testing.TB, block []byte) []byte {
	t.Helper()
	return withEXIF(plainJPEG(t), block)
}

func plainJPEG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withEXIF puts an EXIF segment behind the start of a JPEG.
func withEXIF(plain, block []byte) []byte {
	segment := append([]byte("Exif\x00\x00"), block...)
	data := binary.BigEndian.AppendUint16([]byte("\xff\xd8\xff\xe1"), uint16(len(segment)+2))
	return append(append(data, segment...), plain[2:]...)
}
