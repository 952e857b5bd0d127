//go:build !js

package main

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

func plannerOf(t *testing.T) *planner {
	t.Helper()
	manifest, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlanner(context.Background(), manifest)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every variant spends what the default spends, to a step, and none spends more.
func TestEqualWork(t *testing.T) {
	p := plannerOf(t)
	var said strings.Builder
	plans, err := settings{size: 64, steps: 60}.plans(context.Background(), p, regexp.MustCompile(""), &said)
	if err != nil {
		t.Fatal(err)
	}
	if plans[0].name != base || plans[0].Stages[0].Steps != 60 {
		t.Fatalf("the first plan is %+v", plans[0])
	}
	budget, names := plans[0].Budget, map[string]bool{}
	for _, v := range variants {
		names[v.name] = true
	}
	if len(names) != len(variants) || len(plans)+strings.Count(said.String(), " is left out: ") != len(variants) {
		t.Errorf("%d names of %d variants, %d plans, and %q", len(names), len(variants), len(plans), said.String())
	}
	keys := map[string]bool{}
	for _, v := range plans {
		spent := v.Budget
		if looks := recipe.BestOf.In(v.Stages[0].recipe); looks > 1 {
			spent += float64(looks) * v.Stages[0].Work / float64(v.Stages[0].Steps) / 3
		}
		step := 0.0 // of each stage, one may be missing
		for _, s := range v.Stages {
			step += s.Work / float64(s.Steps)
		}
		if spent > budget*(1+1e-9) || spent < budget-step {
			t.Errorf("%s spends %.1f GFLOP where the default spends %.1f", v.name, spent, budget)
		}
		if keys[v.Key] || !strings.HasPrefix(v.Key, v.name+"-") {
			t.Errorf("%s has the key %s", v.name, v.Key)
		}
		keys[v.Key] = true
	}
}

// A job's scripts carry the prompt, the seed and what the model suggests; a coarse one begins at half the size.
func TestJob(t *testing.T) {
	p := plannerOf(t)
	plan, err := p.plan(context.Background(), variant{name: "x", options: `{"cutouts":8}`, coarse: 0.25}, 64, 60, 200)
	if err != nil {
		t.Fatal(err)
	}
	j, err := p.job(plan, "x", "a blue heart", 7)
	if err != nil {
		t.Fatal(err)
	}
	var sides []int
	for _, text := range j.Scripts {
		var s recipe.Script
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		r := s.Recipe
		sides = append(sides, recipe.Width.In(r))
		if recipe.Prompt.In(r) != "a blue heart" || recipe.Seed.In(r) != 7 || recipe.Cutouts.In(r) != 8 || recipe.LearningRate.In(r) != recipe.LearningRate.In(p.manifest.Suggested) {
			t.Errorf("script %s", text)
		}
	}
	if !slices.Equal(sides, []int{32, 64}) {
		t.Errorf("sides %v", sides)
	}
	if share := plan.Stages[0].Work / plan.Budget; math.Abs(share-0.25) > 0.03 {
		t.Errorf("the first quarter takes %.2f of the work", share)
	}
}

func TestUnknownOption(t *testing.T) {
	if _, err := plannerOf(t).plan(context.Background(), variant{name: "x", options: `{"levitation":1}`}, 64, 60, 0); err == nil || !strings.Contains(err.Error(), "levitation") {
		t.Errorf("error %v", err)
	}
}

// Wilson's interval, by hand: 6 of 10 with z = 1.96 are 0.313 to 0.832. Twelve numbers have their mean and the deviation of that.
func TestIntervals(t *testing.T) {
	if low, high := wilson(6, 10); math.Abs(low-0.3127) > 1e-4 || math.Abs(high-0.8318) > 1e-4 {
		t.Errorf("6 of 10: %.4f to %.4f", low, high)
	}
	if low, high := wilson(0, 10); math.Abs(low) > 1e-12 || math.Abs(high-0.2775) > 1e-4 {
		t.Errorf("0 of 10: %.4f to %.4f", low, high)
	}
	if e := meanOf([]float64{1, 2, 3, 4}); e.mean != 2.5 || math.Abs(e.half-z95*math.Sqrt(5.0/3/4)) > 1e-12 {
		t.Errorf("%+v", e)
	}
}

// Differences are those of the same prompts and seeds, whatever else a variant has.
func TestTable(t *testing.T) {
	plans := []plan{{variant: variant{name: base}, Key: "d", Stages: []stage{{Cuts: 16, Steps: 60}}}, {variant: variant{name: "v"}, Key: "v", Stages: []stage{{Cuts: 8, Steps: 90}}}}
	records := map[string]map[string]record{
		"d": {"a": {Rank: 1, Score: 0.5, Seconds: 10}, "b": {Rank: 3, Score: 0.3, Seconds: 20}},
		"v": {"a": {Rank: 1, Score: 0.6, Seconds: 5}, "b": {Rank: 1, Score: 0.5, Seconds: 5}, "c": {Rank: 9, Score: 0.1, Seconds: 5}},
	}
	var out strings.Builder
	printTable(&out, plans, records)
	for _, want := range []string{"| default | 16 × 60 | 2 | 50 (9 – 91) |  | 0.400 |  | 15.0 |\n", "| v | 8 × 90 | 3 | 67 (21 – 94) | +50 ± 98 | 0.400 | +0.150 ± 0.098 | 5.0 |\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// Twelve prompts are among sixty, with the same seeds: what a screening painted counts in the long evaluation.
func TestPromptsOfShorterLists(t *testing.T) {
	t.Chdir("../..")
	few, err := readPrompts(12)
	if err != nil {
		t.Fatal(err)
	}
	many, err := readPrompts(60)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range few {
		if !slices.Contains(many, p) {
			t.Errorf("%+v is not among sixty", p)
		}
	}
	if _, err := readPrompts(101); err == nil {
		t.Error("more prompts than there are")
	}
}

// Pictures lie beside what is known of them, which comes last: a run that is stopped between the two paints the picture again.
func TestReceive(t *testing.T) {
	dir := t.TempDir()
	e := evaluation{out: io.Discard}
	lines := "adapter: a GPU\nsomething else\npainted a-cat-3 1.5 0.25 UE5H\n"
	if err := e.receive(dir, strings.NewReader(lines)); err != nil {
		t.Fatal(err)
	}
	png, err := os.ReadFile(filepath.Join(dir, "a-cat-3.png"))
	if err != nil || string(png) != "PNG" {
		t.Errorf("%q, %v", png, err)
	}
	var made easel
	data, err := os.ReadFile(filepath.Join(dir, "a-cat-3.json"))
	if err == nil {
		err = json.Unmarshal(data, &made)
	}
	if err != nil || made != (easel{1.5, 0.25, "a GPU"}) {
		t.Errorf("%+v, %v", made, err)
	}
	if err := e.receive(dir, strings.NewReader("painted a-cat-4 1.5 0.25 %%%\n")); err == nil {
		t.Error("what is no picture was kept")
	}
}
