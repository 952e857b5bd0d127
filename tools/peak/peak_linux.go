// Package peak measures, for tests, what a piece of work takes of memory and time at its worst.
package peak

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// environment names the test whose work a child process does, and with _DIR behind it its folder.
const environment = "REVERIE_TEST_PEAK"

// Limit is what a piece of work may take: bytes of memory, as the system counts the process, and time of all processors.
type Limit struct {
	Memory int64
	Time   time.Duration
}

// Test does a piece of work in a process of its own, in a folder that was prepared here, and fails where it fails or takes more than the
// limit.
func Test(t *testing.T, limit Limit, prepare, work func(t *testing.T, dir string)) {
	t.Helper()
	if os.Getenv(environment) == t.Name() {
		work(t, os.Getenv(environment+"_DIR"))
		fmt.Println(ownPeak())
		return
	}
	dir := t.TempDir()
	prepare(t, dir)
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	cmd := exec.Command(os.Args[0], "-test.run="+strings.Join(pattern, "/"))
	cmd.Env = append(os.Environ(), environment+"="+t.Name(), environment+"_DIR="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
		return
	}
	var memory int64
	if _, err := fmt.Sscan(string(out), &memory); err != nil {
		t.Fatalf("the process tells no peak but %q", out)
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%d MB of %d, %.2f s of %.0f", memory/1e6, limit.Memory/1e6, took.Seconds(), limit.Time.Seconds())
	if memory > limit.Memory || took > limit.Time {
		t.Errorf("it took %d MB and %.2f s; %d MB and %.0f s are allowed", memory/1e6, took.Seconds(), limit.Memory/1e6, limit.Time.Seconds())
	}
}

// ownPeak is the most memory that this process has held, in bytes. What the system tells the parent (Maxrss) counts the parent's own, too.
func ownPeak() (bytes int64) {
	status, _ := os.ReadFile("/proc/self/status") // without it the parent finds no number
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Sscan(after, &bytes)
	return bytes << 10
}
