//go:build !js

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"reverie/tools/driver"
)

// readAxe is axe's source as npm has installed it.
func readAxe(root string) (string, error) {
	source, err := os.ReadFile(filepath.Join(root, "tools", "lighthouse", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe is not installed, which make axe does: %w", err)
	}
	return string(source), nil
}

// judge lets axe look for what keeps people out, and prints what it finds.
func (a *artist) judge(page *driver.Page, state string) error {
	if a.axe == "" {
		return nil
	}
	found, err := driver.Evaluate[[]string](page, a.axe+`;
		axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + v.help + ": " + n.html.slice(0, 160))))`)
	if err != nil {
		return err
	}
	fmt.Printf("axe: %-40s %d found\n", state, len(found))
	for _, line := range found {
		fmt.Println("  " + line)
	}
	a.found += len(found)
	return nil
}
