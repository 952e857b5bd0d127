package main

import (
	"os"
	"slices"
	"testing"
)

func TestProgress(t *testing.T) {
	const out = "fuzz: elapsed: 0s, gathering baseline coverage: 0/192 completed\nfuzz: elapsed: 3s, execs: 102 (34/sec), new interesting: 1 (total: 7)\n" +
		"fuzz: elapsed: 1m1s, execs: 325017 (11336/sec), new interesting: 11 (total: 202)\nPASS\n"
	if inputs, seconds := progress(out); inputs != 325017 || seconds != 61 {
		t.Errorf("%d inputs in %g s", inputs, seconds)
	}
}

// Targets are found by their sources, in the packages that are built here.
func TestList(t *testing.T) {
	t.Chdir("../..")
	if _, err := os.Stat("go.mod"); err != nil {
		t.Fatal(err)
	}
	all, err := list("")
	if err != nil || len(all) < 20 || !slices.Contains(all, target{"reverie/app/picture", "FuzzEXIF"}) {
		t.Errorf("%v, %v", all, err)
	}
	if some, err := list(`picture\.FuzzEXIF$`); err != nil || len(some) != 1 {
		t.Errorf("%v, %v", some, err)
	}
}
