package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestIsFree(t *testing.T) {
	for expression, want := range map[string]bool{
		"MIT": true, "(MIT OR GPL-3.0)": true, "MIT AND Apache-2.0": true, "MIT AND GPL-3.0": false, "GPL-3.0": false, "": false, "(MIT AND CC-BY-4.0)": true, "SEE LICENSE IN x": false,
	} {
		if got := isFree(expression); got != want {
			t.Errorf("%q is free: %v", expression, got)
		}
	}
}

// The licences of this repository and of its tokeniser's vocabulary are recognised, and a text that is none is not.
func TestLicenceOf(t *testing.T) {
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "LICENSE"), []byte("All rights are ours."), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{"../..": "Apache-2.0", "../../weights/vocab": "MIT", other: "unknown", t.TempDir(): ""} {
		if got := licenceOf(dir); got != want {
			t.Errorf("%s is under %q, want %q", dir, got, want)
		}
	}
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "package-lock.json")
	const lock = `{"packages":{"":{"name":"x"},"node_modules/@a/b":{"version":"1.2.3","license":"MIT"},"node_modules/c/node_modules/d":{"version":"2.0.0"}}}`
	if err := os.WriteFile(path, []byte(lock), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := locked(path)
	if want := []dependency{{"@a/b", "1.2.3", "MIT"}, {"d", "2.0.0", ""}}; err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("%v, %v; want %v", found, err, want)
	}
}
