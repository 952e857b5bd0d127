//go:build !js

package driver

import (
	"slices"
	"testing"
	"time"
)

func TestTasks(t *testing.T) {
	name := func(pid, tid int64, name string) traceEvent {
		e := traceEvent{Name: "thread_name", Phase: "M", PID: pid, TID: tid}
		e.Args.Name = name
		return e
	}
	stretch := func(pid, tid int64, name string, begin, wall, processor float64) traceEvent {
		return traceEvent{Name: name, Phase: "X", PID: pid, TID: tid, Begin: begin, Wall: wall, Processor: processor}
	}
	got := tasks([]traceEvent{
		stretch(1, 1, "EventDispatch", 11, 4, 3),
		stretch(1, 1, wholeTask, 10, 9, 6),
		stretch(1, 1, "FunctionCall", 10, 8, 5),
		stretch(1, 1, wholeTask, 30, 50, 40),
		stretch(1, 1, "Layout", 90, 5, 5), // between tasks
		stretch(1, 2, wholeTask, 0, 500, 400),
		stretch(2, 1, wholeTask, 0, 700, 600),
		name(1, 1, mainThread), name(1, 2, "Worker"), name(2, 1, "Browser"),
	})
	want := []Task{{40 * time.Microsecond, ""}, {6 * time.Microsecond, "FunctionCall"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
