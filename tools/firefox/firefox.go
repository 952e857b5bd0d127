//go:build !js

// Package firefox finds an installed Firefox and knows the preferences and variables under which it gives WebGPU without a screen.
//
// It stands beside tools/chromium: the test runner tools/jsexec and the browser tests web/e2e use both.
package firefox

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

	"reverie/tools/chromium"
	"reverie/tools/lavapipe"
)

// names are the executables tried, in this order, when the variable FIREFOX is not set.
var names = []string{"firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"}

// Find returns the path of the browser: what FIREFOX names, or the first of the usual executables that exists.
func Find() (string, error) {
	if name := os.Getenv("FIREFOX"); name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("firefox: FIREFOX=%s is not an executable: set it to the path of Firefox", name)
		}
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("firefox: no Firefox found: install it (apt-get install firefox-esr) or set FIREFOX to its path")
}

// Environment returns the variables to add for that adapter. Firefox has no device of its own for processors: Software is Mesa's
// lavapipe, which must be installed. None is not to be had.
func Environment(a chromium.Adapter) ([]string, error) {
	quiet := []string{"MOZ_CRASHREPORTER_DISABLE=1", "MOZ_DISABLE_AUTO_SAFE_MODE=1"}
	switch a {
	case chromium.Hardware:
		return quiet, nil
	case chromium.None:
		return nil, errors.New("firefox: the adapter none is Chromium's: use software or hardware")
	}
	driver, err := lavapipe.Environment()
	if err != nil {
		return nil, fmt.Errorf("firefox: %w", err)
	}
	return append(quiet, driver...), nil
}

// Preferences make WebGPU available and a browser without a screen quiet and at full speed: no first-run pages, background traffic or
// reports, and no watchdogs that stop a script or a process that works long.
var Preferences = map[string]any{
	"dom.webgpu.enabled":          true,
	"gfx.webgpu.ignore-blocklist": true, // lavapipe is on it

	"browser.aboutwelcome.enabled":                                false,
	"browser.shell.checkDefaultBrowser":                           false,
	"browser.startup.page":                                        0,
	"browser.startup.homepage_override.mstone":                    "ignore",
	"browser.newtabpage.enabled":                                  false,
	"browser.sessionstore.resume_from_crash":                      false,
	"datareporting.policy.dataSubmissionEnabled":                  false,
	"datareporting.policy.dataSubmissionPolicyBypassNotification": true,
	"datareporting.healthreport.uploadEnabled":                    false,
	"toolkit.telemetry.server":                                    "data:,",
	"toolkit.telemetry.reportingpolicy.firstRun":                  false,
	"termsofuse.bypassNotification":                               true,

	"app.normandy.enabled":                   false,
	"app.update.enabled":                     false,
	"browser.safebrowsing.malware.enabled":   false,
	"browser.safebrowsing.phishing.enabled":  false,
	"browser.safebrowsing.downloads.enabled": false,
	"browser.search.update":                  false,
	"browser.region.network.url":             "",
	"browser.topsites.contile.enabled":       false,
	"dom.push.connection.enabled":            false,
	"extensions.update.enabled":              false,
	"extensions.getAddons.cache.enabled":     false,
	"extensions.systemAddon.update.enabled":  false,
	"media.gmp-manager.updateEnabled":        false,
	"network.captive-portal-service.enabled": false,
	"network.connectivity-service.enabled":   false,
	"services.settings.server":               "data:,#remote-settings-dummy/v1",

	"dom.max_script_run_time":                0,
	"dom.max_chrome_script_run_time":         0,
	"dom.ipc.processHangMonitor":             false,
	"dom.ipc.processPriorityManager.enabled": false,
	"toolkit.asyncshutdown.crash_timeout":    3600 * 1000,
}

// WriteProfile makes the empty folder dir the profile of a browser that was never used, with these preferences.
func WriteProfile(dir string, preferences map[string]any) error {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(preferences)) {
		value, err := json.Marshal(preferences[name])
		if err != nil {
			return fmt.Errorf("firefox: preference %s: %w", name, err)
		}
		fmt.Fprintf(&lines, "user_pref(%q, %s);\n", name, value)
	}
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(lines.String()), 0o600); err != nil {
		return fmt.Errorf("firefox: %w", err)
	}
	return nil
}

// Arguments returns the command-line arguments for a headless browser with the profile in dir.
func Arguments(dir string) []string {
	return []string{"--headless", "--no-remote", "--new-instance", "--profile", dir}
}
