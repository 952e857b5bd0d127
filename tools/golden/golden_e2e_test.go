//go:build e2e && !js

package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The engine agrees with PyTorch on the small models of testdata, and on those of its relatives.
func TestEngineAgreesWithPyTorch(t *testing.T) {
	for dir, least := range map[string]int{"testdata": 100, "testdata/forms": 70} {
		t.Run(dir, func(t *testing.T) { agrees(t, dir, least) })
	}
}

// agrees wants that so many tensors of a folder are compared, and that all agree.
func agrees(t *testing.T, dir string, least int) {
	var out strings.Builder
	err := drive(dir, "", "", "", &out)
	passed := 0
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, " FAIL") {
			t.Error(strings.TrimSpace(line))
		}
		if strings.Contains(line, " ok") {
			passed++
		}
	}
	if err != nil {
		t.Fatalf("%v, after:\n%s", err, out.String())
	}
	if passed < least {
		t.Errorf("%d tensors were compared, want those of every case:\n%s", passed, out.String())
	}
}

// One wrong element of an expected array fails that tensor, and that alone.
func TestWrongExpectationFails(t *testing.T) {
	const damaged = "cuts_enlarge/original"
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	damage(t, filepath.Join("testdata", "golden.npz"), filepath.Join(dir, "golden.npz"), damaged+".npy")
	var out strings.Builder
	if err := drive(dir, "cuts_enlarge", "", "", &out); err == nil {
		t.Error("a wrong expectation was not noticed")
	}
	compared := 0
	for line := range strings.Lines(out.String()) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "cuts_enlarge/") {
			continue
		}
		compared++
		want := "ok"
		if fields[0] == damaged {
			want = "FAIL"
		}
		if fields[3] != want {
			t.Errorf("%s is %s, want %s", fields[0], fields[3], want)
		}
	}
	if compared != 5 {
		t.Errorf("%d tensors were compared, want 5:\n%s", compared, out.String())
	}
}

// damage copies an archive of arrays and changes the exponent of the last float32 of one.
func damage(t *testing.T, from, to, name string) {
	t.Helper()
	src, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dst, found := zip.NewWriter(f), false
	for _, entry := range src.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if entry.Name == name {
			data[len(data)-2] ^= 0x80
			found = true
		}
		w, err := dst.Create(entry.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := dst.Close(); err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Fatalf("%s has no array %s", from, name)
	}
}
