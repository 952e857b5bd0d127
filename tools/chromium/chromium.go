//go:build !js

// Package chromium finds an installed Chromium and knows the flags under which it gives WebGPU without a screen.
//
// It is shared by everything here that drives a browser: the test runner tools/jsexec, the browser tests web/e2e and cmd/render.
package chromium

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// names are the executables tried, in this order, when the variable CHROMIUM is not set.
var names = []string{
	"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// Find returns the path of the browser: what CHROMIUM names, or the first of the usual executables that exists.
func Find() (string, error) {
	if name := os.Getenv("CHROMIUM"); name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("chromium: CHROMIUM=%s is not an executable: set it to the path of Chromium or Chrome", name)
		}
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("chromium: no Chromium found: install it (apt-get install chromium) or set CHROMIUM to its path")
}

// Adapter says which WebGPU adapter the browser should offer.
type Adapter string

const (
	Software Adapter = "software" // SwiftShader, which comes with Chromium: the same everywhere, slow
	Hardware Adapter = "hardware" // the machine's GPU
	None     Adapter = "none"     // WebGPU without an adapter, for tests of the page's answer to that
)

// ParseAdapter reads an adapter's name; the empty name is Software.
func ParseAdapter(name string) (Adapter, error) {
	switch a := Adapter(name); a {
	case "":
		return Software, nil
	case Software, Hardware, None:
		return a, nil
	}
	return "", fmt.Errorf("chromium: unknown adapter %q: use software, hardware or none", name)
}

// common keeps a browser without a screen quiet and at full speed: no first-run pages or background traffic, no throttling of
// pages that nobody looks at, no watchdog that kills a GPU process busy with a long dispatch, and no use of a container's
// small /dev/shm.
var common = []string{
	"headless=new", "no-sandbox", "no-first-run", "no-default-browser-check", "mute-audio",
	"disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions", "disable-default-apps",
	"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
	"disable-gpu-watchdog", "disable-hang-monitor", "disable-dev-shm-usage", "password-store=basic",
}

// Flags returns the command-line flags, without their leading dashes, for a headless browser with that adapter. The variable
// CHROMIUM_FLAGS, split at spaces, is appended, so it wins where a flag is named twice.
func Flags(a Adapter) []string {
	flags := append([]string(nil), common...)
	switch a {
	case Hardware:
		flags = append(flags, "enable-unsafe-webgpu", "enable-features=Vulkan", "use-angle=vulkan", "ignore-gpu-blocklist")
	case None:
		flags = append(flags, "disable-gpu")
	default:
		flags = append(flags, "enable-unsafe-webgpu", "use-webgpu-adapter=swiftshader", "enable-features=Vulkan")
	}
	for _, f := range strings.Fields(os.Getenv("CHROMIUM_FLAGS")) {
		flags = append(flags, strings.TrimLeft(f, "-"))
	}
	return flags
}

// Arguments returns Flags as command-line arguments.
func Arguments(a Adapter) []string {
	flags := Flags(a)
	for i, f := range flags {
		flags[i] = "--" + f
	}
	return flags
}
