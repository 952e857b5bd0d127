package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const testdata = "../../weights/testdata/"

// convertArguments convert the fixture pair into dir; later flags win.
func convertArguments(dir string, more ...string) []string {
	return append([]string{"convert", "-clip", testdata + "clip_script.pt", "-clip-config", testdata + "clip_config.json", "-vocab", testdata + "vocab.txt.gz",
		"-vqgan", testdata + "vqgan.ckpt", "-quant", "q8", "-name", "pair", "-title", "A pair", "-licence", "none", "-o", dir}, more...)
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(args, &out); err != nil {
		t.Fatalf("weights %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}

func TestConvertInspectVerify(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pair")
	tests := []struct {
		args []string
		want []string
	}{
		{convertArguments(dir, "-learning-rate", ".15", "-cut-pow", "0.3", "-smoothness", "1"), []string{"read clip_script.pt (TorchScript archive, 53 tensors)", "token_embedding.weight", "[520 8]", "rel rms error",
			"left out loss.* (2 tensors)", "left out context_length (1 tensors)", "wrote " + dir}},
		{[]string{"inspect", dir}, []string{"title    A pair", "licence  none", "suggests learning_rate 0.15", "suggests cut_pow 0.3", "suggests smoothness 1", "2 layers, 4 heads; text", "vocabulary 520", "VQModel, factor 2, 10 codes of 4", "decoder.conv_in.weight"}},
		{[]string{"verify", dir}, []string{dir + " is whole", "image"}},
	}
	for _, tt := range tests {
		out := mustRun(t, tt.args...)
		for _, want := range tt.want {
			if !strings.Contains(out, want) {
				t.Errorf("weights %s does not print %q but:\n%s", tt.args[0], want, out)
			}
		}
	}
}

// A checkpoint may hold many tensors that are left out; the report stays short.
func TestSummarise(t *testing.T) {
	names := []string{"loss.a", "loss.b.c", "logvar"}
	if got := summarise(names); !slices.Equal(got, []string{"logvar (1 tensors)", "loss.* (2 tensors)"}) {
		t.Errorf("%q", got)
	}
	for i := range 100 {
		names = append(names, fmt.Sprintf("%03d.a", i), fmt.Sprintf("%03d.b", i))
	}
	if got := summarise(names); len(got) != 21 || got[0] != "000.* (2 tensors)" || got[20] != "163 more of other names" {
		t.Errorf("%q", got)
	}
}

func TestVerifyNamesTheDamagedShard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pair")
	mustRun(t, convertArguments(dir)...)
	shards, err := filepath.Glob(filepath.Join(dir, strings.Repeat("[0-9a-f]", 64)))
	if err != nil || len(shards) != 5 {
		t.Fatalf("shards %v, %v", shards, err)
	}
	for _, path := range shards {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		broken := bytes.Clone(whole)
		broken[len(broken)/3] ^= 0x10
		if err := os.WriteFile(path, broken, 0o644); err != nil {
			t.Fatal(err)
		}
		err = run([]string{"verify", dir}, new(bytes.Buffer))
		if err == nil || !strings.Contains(err.Error(), filepath.Base(path)) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("error %v, want one that names %s", err, filepath.Base(path))
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRefuses(t *testing.T) {
	dir := t.TempDir()
	script, err := os.ReadFile(testdata + "clip_script.pt")
	if err != nil {
		t.Fatal(err)
	}
	truncated := filepath.Join(dir, "truncated.pt")
	if err := os.WriteFile(truncated, script[:len(script)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	// A pickle that would call posix.system.
	program := filepath.Join(dir, "program.pt")
	if err := os.WriteFile(program, []byte("\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R."), 0o644); err != nil {
		t.Fatal(err)
	}
	misshapen := filepath.Join(dir, "misshapen.yaml")
	config, err := os.ReadFile(testdata + "vqgan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(misshapen, bytes.Replace(config, []byte("n_embed: 10"), []byte("n_embed: 16384"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	converted := filepath.Join(dir, "converted")
	mustRun(t, convertArguments(converted)...)
	out := filepath.Join(dir, "out")
	tests := []struct {
		args []string
		want string
	}{
		{nil, "say what to do"},
		{[]string{"fly"}, `no command "fly"`},
		{[]string{"convert"}, "nothing to convert"},
		{[]string{"convert", "-speed", "9"}, "flag provided but not defined: -speed; weights convert -h"},
		{convertArguments(out, "more"), `"more" is none`},
		{convertArguments(out, "-clip", truncated), "truncated.pt: it is damaged or was cut short"},
		{convertArguments(out, "-clip", filepath.Join(dir, "absent.pt")), "no such file"},
		{convertArguments(out, "-clip", program), "it names the Python function or class \"posix.system\""},
		{convertArguments(out, "-vqgan-config", misshapen), "tensor quantize.embedding.weight is [10 4], the configuration wants [16384 4]"},
		{convertArguments(out, "-clip-config", testdata+"vqgan.yaml"), "not a configuration in JSON"},
		{convertArguments(out, "-clip", testdata+"vqgan.ckpt"), "vqgan.ckpt is not a CLIP"},
		{convertArguments(out, "-vqgan", testdata+"clip_script.pt", "-vqgan-config", testdata+"vqgan.yaml"), "clip_script.pt is not a VQGAN"},
		{convertArguments(out, "-vqgan-config", testdata+"gumbel.yaml"), "tensor quantize.embed.weight is missing"},
		{convertArguments(out, "-vocab", testdata+"vqgan.yaml"), "the vocabulary is not a gzip file"},
		{convertArguments(out, "-vocab", filepath.Join(dir, "absent.gz")), "absent.gz"},
		{convertArguments(out, "-quant", "f8"), `-quant "f8" is unknown`},
		{convertArguments(out, "-name", "a b"), `-name "a b"`},
		{convertArguments(out, "-start-codes", "1,x"), `"x" is not a code`},
		{convertArguments(out, "-start-codes", "1,10"), "start_codes has 10 and must have codes from 0 to 9"},
		{convertArguments(out, "-learning-rate", "fast"), `"fast" for flag -learning-rate: write a number`},
		{convertArguments(out, "-learning-rate", "0"), "The learning rate is 0: choose a positive number"},
		{convertArguments(out, "-cut-pow", "nan"), `"nan" for flag -cut-pow: write a number`},
		{convertArguments(out, "-smoothness", "-1"), "The smoothness is -1: choose 0 or a positive number"},
		{convertArguments(filepath.Join(truncated, "out")), "cannot write to"},
		{[]string{"inspect"}, "inspect takes one folder"},
		{[]string{"inspect", dir}, "not a model's folder"},
		{[]string{"verify", dir, dir}, "verify takes one folder"},
		{[]string{"verify", filepath.Join(dir, "absent")}, "not a model's folder"},
		{[]string{"selftest"}, "selftest takes one folder"},
		{[]string{"selftest", dir}, "not a model's folder"},
		{[]string{"selftest", converted}, "are known; there are those of OpenAI's CLIP ViT-B/32 and the embedded pair"},
		{[]string{"selftest", "-pictures", dir, "../../weights/mini"}, "has none of CLIP.png, astronaut.png"},
		{[]string{"selftest", "-host", "webgl", "../../weights/mini"}, `unknown host "webgl"`},
	}
	for _, tt := range tests {
		var stdout bytes.Buffer
		err := run(tt.args, &stdout)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("weights %s: error %v, want %q", strings.Join(tt.args, " "), err, tt.want)
		}
		if stdout.Len() > 0 {
			t.Errorf("weights %s printed %q before failing", strings.Join(tt.args, " "), stdout.String())
		}
	}
}

func TestHelp(t *testing.T) {
	if out := mustRun(t, "-h"); !strings.Contains(out, "weights verify DIR") {
		t.Errorf("weights -h prints %q", out)
	}
	var out bytes.Buffer
	if err := run([]string{"convert", "-h"}, &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "-vqgan-config FILE") {
		t.Errorf("weights convert -h: %v, prints %q", err, out.String())
	}
}
