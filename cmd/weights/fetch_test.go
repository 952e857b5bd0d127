package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/weights/folder"
)

const goldenData = "../../tools/golden/testdata/"

// localCatalogue lists one pair whose files a local server has.
func localCatalogue(t *testing.T, base string) string {
	t.Helper()
	config, err := os.ReadFile(goldenData + "vqgan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`
files:
  - {name: clip.pt, sources: ["%[1]s/gone/clip.pt", "%[1]s/clip_resnet.pt"], licence: A, notice: Do not deploy., size: 1}
  - name: vqgan.ckpt
    sources: ["%[1]s/vqgan.ckpt"]
    licence: B
    config: |
      %[2]s
models:
  - {name: small, title: Small, about: Good for nothing., clip: clip.pt, vqgan: vqgan.ckpt}
`, base, strings.ReplaceAll(string(config), "\n", "\n      "))
	path := filepath.Join(t.TempDir(), "catalogue.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFetch(t *testing.T) {
	s := httptest.NewServer(http.FileServer(http.Dir(goldenData)))
	defer s.Close()
	list, keep, dir := localCatalogue(t, s.URL), t.TempDir(), filepath.Join(t.TempDir(), "small")
	out := mustRun(t, "fetch", "small", "-catalogue", list, "-keep", keep, "-o", dir)
	for _, want := range []string{"note: Do not deploy.", "gone/clip.pt: answers 404", "vqgan.ckpt: downloading", "read clip.pt (TorchScript archive", "wrote and verified " + dir} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not print %q but:\n%s", want, out)
		}
	}
	m, err := folder.Verify(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "small" || m.Title != "Small" || m.About != "Good for nothing." || m.Licence != "A; B" || m.Quant != "q4" || !m.CLIP.IsResNet() {
		t.Errorf("the manifest says %+v", m)
	}

	// A second run needs no server.
	s.Close()
	out = mustRun(t, "fetch", "-catalogue", list, "-keep", keep, "-quant", "f16", "-o", dir, "small")
	if !strings.Contains(out, "clip.pt: already there") {
		t.Errorf("the second run prints\n%s", out)
	}

	err = run([]string{"fetch", "small", "-catalogue", list, "-keep", t.TempDir(), "-o", dir}, new(strings.Builder))
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") || !strings.Contains(err.Error(), "put it in place as ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

// A source that sends another model is found out by its tensors, even where no SHA-256 is known.
func TestFetchOfAnotherModel(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, goldenData+"gumbel.ckpt") }))
	defer s.Close()
	keep, dir := t.TempDir(), filepath.Join(t.TempDir(), "small")
	err := run([]string{"fetch", "small", "-catalogue", localCatalogue(t, s.URL), "-keep", keep, "-o", dir}, new(strings.Builder))
	if err == nil || !strings.Contains(err.Error(), "clip.pt is not a CLIP") || !strings.Contains(err.Error(), "if a download in "+keep+" is at fault") {
		t.Errorf("error %v", err)
	}
}

func TestFetchLists(t *testing.T) {
	out := mustRun(t, "fetch")
	for _, want := range []string{"vit-b-32-f16-16384\n", "RN50x4.pt (about 422 MB)", "llamagen-ds16\n", "VQGANs by themselves:", "becomes 79 MB in q8, 42 MB in q4", "weights fetch NAME -o DIR makes one."} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not print %q but:\n%s", want, out)
		}
	}
}

// A VQGAN comes by itself, and its digest is printed; with that in the catalogue another conversion is refused.
func TestFetchRecords(t *testing.T) {
	s := httptest.NewServer(http.FileServer(http.Dir(goldenData)))
	defer s.Close()
	list := func(digests string) string {
		path := filepath.Join(t.TempDir(), "catalogue.yaml")
		text := fmt.Sprintf(`
files:
  - {name: vq.pt, id: vq, kind: vqgan, title: A VQ, about: Small., sources: ["%s/forms/llamagen/vq_ds2.pt"], licence: C%s}
`, s.URL, digests)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dir := filepath.Join(t.TempDir(), "vq")
	out := mustRun(t, "fetch", "vq", "-record", "-catalogue", list(""), "-keep", t.TempDir(), "-o", dir)
	m, err := folder.Verify(os.DirFS(dir))
	if err != nil || m.HasCLIP() || m.Title != "A VQ" || m.VQGAN.EmbedDim != 8 {
		t.Fatalf("the manifest says %+v, %v", m, err)
	}
	_, rest, ok := strings.Cut(out, "record vq.pt: digests: {q4: ")
	digest, _, _ := strings.Cut(rest, "}")
	if !ok || digest != folder.Digest(m.Parts) {
		t.Errorf("it prints\n%s", out)
	}
	mustRun(t, "fetch", "vq", "-catalogue", list(", digests: {q4: "+digest+"}"), "-keep", t.TempDir(), "-o", dir)
	err = run([]string{"fetch", "vq", "-catalogue", list(", digests: {q4: " + strings.Repeat("0", 64) + "}"), "-keep", t.TempDir(), "-o", dir}, new(strings.Builder))
	if err == nil || !strings.Contains(err.Error(), "vq.pt: it became another model than it did for others") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if after, err := folder.Verify(os.DirFS(dir)); err != nil || after.Name != "vq" {
		t.Errorf("after a refusal the folder holds %+v, %v", after, err)
	}
}

func TestFetchRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"dall-e", "-o", dir}, `no model "dall-e"; there are vit-b-32`},
		{[]string{"rn50-f16-16384"}, "give -o DIR"},
		{[]string{"rn50-f16-16384", "-o", dir, "-quant", "q3"}, `-quant "q3" is unknown`},
		{[]string{"rn50-f16-16384", "-o", dir, "more"}, `"more" is one too many`},
		{[]string{"-catalogue", filepath.Join(dir, "absent.yaml")}, "absent.yaml"},
		{[]string{"-catalogue", testdata + "vqgan.ckpt"}, "it is a zip file, not a catalogue"},
	} {
		err := run(append([]string{"fetch"}, tt.args...), new(strings.Builder))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("weights fetch %s: error %v, want %q", strings.Join(tt.args, " "), err, tt.want)
		}
	}
}
