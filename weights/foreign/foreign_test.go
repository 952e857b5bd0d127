package foreign

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestBudget(t *testing.T) {
	var b Budget
	if err := b.Spend(Limit - 1); err != nil {
		t.Fatal(err)
	}
	if err := b.Spend(1); err != nil {
		t.Errorf("the last unit is refused: %v", err)
	}
	if err := b.Spend(1); err != ErrBudget {
		t.Errorf("one unit too many: %v", err)
	}
	var other Budget
	if other.Spend(Limit+1) != ErrBudget || other.Spend(1) != ErrBudget {
		t.Error("after a price over the limit more can be spent")
	}
}

func TestRecognise(t *testing.T) {
	tar := make([]byte, HeadSize)
	copy(tar, "./model/")
	copy(tar[257:], "ustar")
	for head, want := range map[string]string{
		"":                                  "it is empty",
		"\ufeff\r\n <!doctype html><title>": "it is a web page, not a checkpoint; the download link probably no longer works",
		"<?xml version=\"1.0\"?><Error>":    "it is a web page",
		"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 980092370\n": "it is a Git LFS pointer to 980092370 bytes, not a checkpoint; fetch the file itself",
		"version https://git-lfs.github.com/spec/v1\noid sha256":                      "it is a Git LFS pointer, not a checkpoint; fetch the file itself",
		"\xff\xfe{\x00":            "UTF-16",
		"\x1f\x8b\x08\x00":         "it is a gzip file, not a checkpoint; unpack it",
		"PK\x03\x04":               "it is a zip file",
		string(tar):                "it is a tar archive",
		"Entry not found":          `it is a text that begins "Entry not found", not a checkpoint`,
		"{\"error\":\n \"ü\"}\xc3": `it is a text that begins`,
		"\x80\x02}":                "",
		"\x89PNG\r\n\x1a\n":        "",
		"ab\xc3(":                  "",
	} {
		err := RecogniseText([]byte(head), "a checkpoint")
		if want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", head, err, want)
		}
	}
}

func TestRecogniseLeavesTexts(t *testing.T) {
	if err := Recognise([]byte("model:\n  target: x\n"), "a configuration"); err != nil {
		t.Error(err)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadFile(file("fits", "12345"), "a configuration", 5); err != nil || string(data) != "12345" {
		t.Errorf("%q, %v", data, err)
	}
	for path, want := range map[string]string{
		file("long", "123456"):       "it has 6 bytes, and a configuration has at most 5",
		filepath.Join(dir, "absent"): "there is no such file",
		dir:                          "it is not a file but a folder",
		pipe:                         "it is not a file but a pipe",
		"/dev/zero":                  "it is not a file but a device",
		filepath.Join(dir, "fits/x"): "not a directory",
	} {
		if _, err := ReadFile(path, "a configuration", 5); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v, want %q without the path", path, err, want)
		}
	}
}

func TestJSON(t *testing.T) {
	var v struct {
		Tower struct {
			Heads int      `json:"heads"`
			Mean  []string `json:"mean"`
		} `json:"tower"`
	}
	if err := JSON([]byte("\ufeff{\"tower\":{\"heads\":3}}"), &v, "a configuration"); err != nil || v.Tower.Heads != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	for text, want := range map[string]string{
		`{"tower":{"heads":"three"}}`: "its tower.heads is a text, which does not belong there",
		`{"tower":{"heads":1.5}}`:     "its tower.heads is a number (1.5), which",
		`{"tower":{"mean":{}}}`:       "its tower.mean is a mapping",
		`[1]`:                         `it holds a list where a configuration holds something else`,
		"{\"tower\":\n{\"heads\":3":   "it is not a configuration in JSON: line 2, its last, cannot be understood; it may have been cut short",
		"{\n\n'tower': 1}":            "it is not a configuration in JSON: line 3 cannot be understood",
		"<html>":                      "it is a web page",
		"model:\n  target: x\n":       `it is a text that begins "model:`,
		"":                            "it is empty",
		"\x80\x02":                    "it is not a configuration in JSON: line 1",
	} {
		err := JSON([]byte(text), &v, "a configuration")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "json:") || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestProblem(t *testing.T) {
	if err := Problem(&os.PathError{Op: "open", Path: "/secret/place", Err: syscall.EACCES}); err.Error() != "this user may not read it" {
		t.Error(err)
	}
	if err := Problem(&os.PathError{Op: "read", Path: "/secret/place", Err: syscall.EIO}); strings.Contains(err.Error(), "/secret") || !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
}
