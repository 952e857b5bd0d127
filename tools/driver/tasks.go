//go:build !js

package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// Task is one turn of the page's main thread: while it lasts, the page can neither draw nor answer.
type Task struct {
	Processor time.Duration // that the thread used; on a busy machine the task lasts longer
	Most      string        // what of it the browser calls by a name and took the longest
}

// traceEvent is what the browser tells of a stretch of a thread's time.
type traceEvent struct {
	Name      string  `json:"name"`
	Phase     string  `json:"ph"` // X is a stretch, M a thread's name
	PID       int64   `json:"pid"`
	TID       int64   `json:"tid"`
	Begin     float64 `json:"ts"` // microseconds, as the next two
	Wall      float64 `json:"dur"`
	Processor float64 `json:"tdur"`
	Args      struct {
		Name string `json:"name"`
	} `json:"args"`
}

// The names of whole tasks and of a page's main thread, and the categories that have them and their parts.
const (
	wholeTask  = "RunTask"
	mainThread = "CrRendererMain"
)

var categories = []string{"disabled-by-default-devtools.timeline", "devtools.timeline", "v8", "__metadata"}

// Tasks tells all tasks of the page's main thread while during runs, the longest first.
func (p *Page) Tasks(during func()) ([]Task, error) {
	ctx, stop := context.WithCancel(p.chromium())
	defer stop()
	var mu sync.Mutex
	var events []traceEvent
	var failed error
	complete := make(chan struct{})
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *tracing.EventDataCollected:
			mu.Lock()
			defer mu.Unlock()
			for _, v := range e.Value {
				var t traceEvent
				if err := json.Unmarshal(v, &t); err != nil {
					failed = err
				}
				events = append(events, t)
			}
		case *tracing.EventTracingComplete:
			close(complete)
		}
	})
	if err != nil {
		return nil, err
	}
	_, err = chromedp.Call(ctx, tracing.Start, tracing.StartParams{TransferMode: tracing.StartTransferModeReportEvents,
		TraceConfig: &tracing.TraceConfig{IncludedCategories: categories, ExcludedCategories: []string{"*"}}})
	if err != nil {
		return nil, fmt.Errorf("driver: tracing: %w", err)
	}
	during()
	if _, err := chromedp.Call(ctx, tracing.End, cdp.Empty{}); err != nil {
		return nil, fmt.Errorf("driver: tracing: %w", err)
	}
	select {
	case <-complete:
	case <-time.After(patience):
		return nil, errors.New("driver: the browser does not tell its trace")
	}
	mu.Lock()
	defer mu.Unlock()
	if failed != nil {
		return nil, fmt.Errorf("driver: tracing: %w", failed)
	}
	return tasks(events), nil
}

// tasks finds the tasks of pages' main threads.
func tasks(events []traceEvent) []Task {
	type thread struct{ pid, tid int64 }
	main := map[thread][]traceEvent{}
	for _, e := range events {
		if e.Phase == "M" && e.Name == "thread_name" && e.Args.Name == mainThread {
			main[thread{e.PID, e.TID}] = nil
		}
	}
	for _, e := range events {
		at := thread{e.PID, e.TID}
		if _, ok := main[at]; ok && e.Phase == "X" {
			main[at] = append(main[at], e)
		}
	}
	var out []Task
	for _, list := range main {
		// Tasks follow one another, and whatever lies within one begins with it or later.
		slices.SortFunc(list, func(a, b traceEvent) int {
			if a.Begin != b.Begin {
				return int(a.Begin - b.Begin)
			}
			return int(b.Wall - a.Wall)
		})
		var part, end float64
		for _, e := range list {
			switch {
			case e.Name == wholeTask:
				out = append(out, Task{Processor: microseconds(e.Processor)})
				part, end = 0, e.Begin+e.Wall
			case len(out) > 0 && e.Begin < end && e.Processor > part:
				out[len(out)-1].Most, part = e.Name, e.Processor
			}
		}
	}
	slices.SortFunc(out, func(a, b Task) int { return int(b.Processor - a.Processor) })
	return out
}

func microseconds(n float64) time.Duration { return time.Duration(n * float64(time.Microsecond)) }
