package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestInputs(t *testing.T) {
	const out = "fuzz: elapsed: 0s, gathering baseline coverage: 0/192 completed\nfuzz: elapsed: 3s, execs: 102 (34/sec), new interesting: 1 (total: 7)\n" +
		"fuzz: elapsed: 1m1s, execs: 325017 (11336/sec), new interesting: 11 (total: 202)\nPASS\n"
	if n := inputs(out); n != 325017 {
		t.Errorf("%d inputs", n)
	}
}

// Targets are found by their sources, in the packages that are built here.
func TestList(t *testing.T) {
	t.Chdir("../..")
	if _, err := os.Stat("go.mod"); err != nil {
		t.Fatal(err)
	}
	all, err := list("")
	here, wdErr := os.Getwd()
	if want := (target{"reverie/app/picture", filepath.Join(here, "app/picture"), "FuzzEXIF"}); err != nil || wdErr != nil || len(all) < 20 ||
		!slices.Contains(all, want) {
		t.Errorf("%v, %v; want %v in it", all, err, want)
	}
	if some, err := list(`picture\.FuzzEXIF$`); err != nil || len(some) != 1 {
		t.Errorf("%v, %v", some, err)
	}
}
