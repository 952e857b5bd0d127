package ui

import (
	"strings"
	"testing"

	"reverie/app/protocol"
)

func TestBenchmark(t *testing.T) {
	s := idle(t)
	if m, ok := s.PressBenchmark(); !ok || m != (protocol.Measure{}) || s.Phase != Measuring {
		t.Fatalf("Benchmark sends %v, %t; phase %d", m, ok, s.Phase)
	}
	if _, ok := s.PressBenchmark(); ok {
		t.Error("it can be pressed twice")
	}
	s.Receive(protocol.Progress{Phase: protocol.PhaseMeasure, Done: 1, Total: 5}, start)
	if got := s.progressText(); got != "Measuring this GPU: 1 of 5" {
		t.Errorf("progress %q", got)
	}
	m := protocol.Measured{Speeds: []protocol.Speed{{Workload: "peak", Milliseconds: 10, Rate: 200}, {Workload: "conv", Milliseconds: 20, Rate: 50}}}
	s.Receive(m, start)
	if s.Phase != Idle || s.Measured == nil || !strings.Contains(s.Status, "Help") {
		t.Errorf("phase %d, results %v, status %q", s.Phase, s.Measured, s.Status)
	}
	s.Receive(protocol.Kernels{Kernels: []protocol.Kernel{{Class: "large linear", Variant: "tiled 64x64x16", Milliseconds: 5.125}}}, start)
	text := benchmarkReport(*s.Measured, s.Kernels, "a GPU", "a browser", "b1")
	for _, want := range []string{"GPU: a GPU\n", "Browser: a browser\n", "Build: b1\n", "20.00 ms", "50.00 GFLOP/s", "25 %", "Kernels:\nlarge linear: tiled 64x64x16 (measured 5.12 ms)\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestBenchmarkCanBeStopped(t *testing.T) {
	s := idle(t)
	s.PressBenchmark()
	if m, ok := s.PressStop(); !ok || m != (protocol.Stop{}) {
		t.Fatalf("Stop sends %v, %t", m, ok)
	}
	s.Receive(protocol.Stopped{}, start)
	if s.Phase != Idle || s.Measured != nil {
		t.Errorf("phase %d, results %v", s.Phase, s.Measured)
	}
}
