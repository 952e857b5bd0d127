// Command audit lists the licences of all Go modules and npm packages that the repository builds with, and fails where one is not known to be free.
// make audit runs it beside go mod verify and govulncheck.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// free are the licences, by SPDX, whose terms a distribution of Reverie keeps.
var free = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC-BY-4.0", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unlicense"}

// dependency is a module or a package with what its licence is called: SPDX names with AND and OR between them, or "" where none is found.
type dependency struct{ name, version, licence string }

func main() {
	var all []dependency
	for _, list := range []func() ([]dependency, error){goModules, npmPackages} {
		found, err := list()
		if err != nil {
			fmt.Fprintln(os.Stderr, "audit:", err)
			os.Exit(1)
		}
		all = append(all, found...)
	}
	bad := 0
	for _, d := range all {
		verdict := ""
		if !isFree(d.licence) {
			verdict, bad = "  not known to be free", bad+1
		}
		fmt.Printf("%-24s %s %s%s\n", d.licence, d.name, d.version, verdict)
	}
	fmt.Printf("%d modules and packages, %d of them not known to be free\n", len(all), bad)
	if bad > 0 {
		os.Exit(1)
	}
}

// isFree reports whether an expression of SPDX lets us choose free licences only.
func isFree(expression string) bool {
	expression = strings.Trim(expression, "() ")
	for choice := range strings.SplitSeq(expression, " OR ") {
		all := true
		for name := range strings.SplitSeq(choice, " AND ") {
			all = all && slices.Contains(free, strings.Trim(name, "() "))
		}
		if all {
			return true
		}
	}
	return false
}

// goModules are those that the programs, the tests and the tools take packages from, natively and in a browser.
func goModules() ([]dependency, error) {
	modules := map[string]dependency{}
	const form = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}`
	for _, platform := range []string{"", "GOOS=js GOARCH=wasm"} {
		cmd := exec.Command("go", "list", "-e", "-deps", "-test", "-tags", "e2e", "-f", form, "./...", "tool")
		cmd.Env = append(os.Environ(), strings.Fields(platform)...)
		out, err := output(cmd)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
			if len(fields) < 3 || modules[fields[0]].name != "" {
				continue
			}
			modules[fields[0]] = dependency{fields[0], fields[1], licenceOf(fields[2])}
		}
	}
	if len(modules) == 0 {
		return nil, errors.New("go list names no modules")
	}
	return slices.SortedFunc(maps.Values(modules), func(a, b dependency) int { return strings.Compare(a.name, b.name) }), nil
}

// phrases name licences by pieces of their texts, all of which stand in one, with single spaces. What asks for more comes before what asks for less.
var phrases = []struct {
	licence string
	pieces  []string
}{
	{"Apache-2.0", []string{"Apache License", "Version 2.0, January 2004"}},
	{"MPL-2.0", []string{"Mozilla Public License", "2.0"}},
	{"BSD-3-Clause", []string{"Redistribution and use in source and binary forms", "THIS SOFTWARE IS PROVIDED BY", "endorse or promote products"}},
	{"BSD-2-Clause", []string{"Redistribution and use in source and binary forms", "THIS SOFTWARE IS PROVIDED BY"}},
	{"MIT", []string{"Permission is hereby granted, free of charge, to any person obtaining a copy", "without restriction", "THE SOFTWARE IS PROVIDED \"AS IS\""}},
	{"ISC", []string{"Permission to use, copy, modify, and", "distribute this software for any purpose", "hereby granted, provided that"}},
}

// licenceOf says what the files of a folder that look like licences are; each is one licence, or "unknown".
func licenceOf(dir string) string {
	names := map[string]bool{}
	entries, _ := os.ReadDir(dir) // of a folder that is missing no licence is known
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(upper, "LICEN") && !strings.HasPrefix(upper, "COPYING") {
			continue
		}
		text, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		names[licenceIn(string(text))] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " AND ")
}

func licenceIn(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, p := range phrases {
		if !slices.ContainsFunc(p.pieces, func(piece string) bool { return !strings.Contains(text, piece) }) {
			return p.licence
		}
	}
	return "unknown"
}

// npmPackages are those of every package-lock.json, which names licences, and of every package.json without one, whose registry does.
func npmPackages() ([]dependency, error) {
	out, err := output(exec.Command("git", "ls-files", "*package.json"))
	if err != nil {
		return nil, err
	}
	var all []dependency
	for path := range strings.Lines(out) {
		dir := filepath.Dir(strings.TrimSpace(path))
		found, err := locked(filepath.Join(dir, "package-lock.json"))
		if errors.Is(err, os.ErrNotExist) {
			found, err = asked(filepath.Join(dir, "package.json"))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func locked(path string) ([]dependency, error) {
	var lock struct {
		Packages map[string]struct{ Version, License string }
	}
	if err := readJSON(path, &lock); err != nil {
		return nil, err
	}
	var found []dependency
	for _, name := range slices.Sorted(maps.Keys(lock.Packages)) {
		if name != "" { // the project itself
			p := lock.Packages[name]
			found = append(found, dependency{name[strings.LastIndex(name, "node_modules/")+len("node_modules/"):], p.Version, p.License})
		}
	}
	return found, nil
}

func asked(path string) ([]dependency, error) {
	var project struct{ Dependencies map[string]string }
	if err := readJSON(path, &project); err != nil {
		return nil, err
	}
	var found []dependency
	for _, name := range slices.Sorted(maps.Keys(project.Dependencies)) {
		version := project.Dependencies[name]
		licence, err := output(exec.Command("npm", "view", name+"@"+version, "license"))
		if err != nil {
			return nil, fmt.Errorf("the npm registry does not tell the licence of %s@%s: %w", name, version, err)
		}
		found = append(found, dependency{name, version, strings.TrimSpace(licence)})
	}
	return found, nil
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// output is what a command prints, or an error of one line.
func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		said, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n")
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args[:2], " "), err, said)
	}
	return string(out), err
}
