//go:build !js

package program

import (
	"fmt"
	"os"
	"path/filepath"

	"reverie/tools/lavapipe"
)

// Host is where a program runs: a browser, or node with Dawn, on one of the machine's adapters.
type Host struct {
	Flags    []string // of jsexec
	Env      []string
	Software string // what a processor computes the device with; empty for an adapter that tells its own name
}

// Hosts is what NewHost knows, for the descriptions of flags.
const Hosts = "swiftshader, chromium-gpu (Chromium), firefox (on lavapipe), firefox-gpu, lavapipe or dawn-gpu (node + Dawn)"

// nodeModules is where npm puts Dawn, from the module's root.
const nodeModules = "tools/bench/peers/node_modules"

// NewHost is the host of that name. Without one it is what jsexec's environment says, or Chromium with the adapter that it finds.
func NewHost(name string) (Host, error) {
	modules, err := filepath.Abs(nodeModules)
	if err != nil {
		return Host{}, err
	}
	node := "NODE_PATH=" + modules + ":" + os.Getenv("NODE_PATH")
	switch name {
	case "":
		return Host{}, nil
	case "swiftshader":
		return Host{Flags: []string{"-host", "chromium", "-adapter", "software"}, Software: name}, nil
	case "chromium-gpu":
		return Host{Flags: []string{"-host", "chromium", "-adapter", "hardware"}}, nil
	case "dawn-gpu":
		return Host{Flags: []string{"-host", "node"}, Env: []string{node}}, nil
	case "lavapipe":
		driver, err := lavapipe.Environment()
		if err != nil {
			return Host{}, err
		}
		return Host{Flags: []string{"-host", "node"}, Env: append(driver, node), Software: name}, nil
	case "firefox":
		return Host{Flags: []string{"-host", "firefox", "-adapter", "software"}, Software: "lavapipe"}, nil
	case "firefox-gpu":
		return Host{Flags: []string{"-host", "firefox", "-adapter", "hardware"}}, nil
	}
	return Host{}, fmt.Errorf("unknown host %q: use %s", name, Hosts)
}
