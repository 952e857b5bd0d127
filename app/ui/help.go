package ui

import (
	"fmt"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
)

// renderHelp is what a person looks for when something is wrong or slow.
func (p *Page) renderHelp() []app.UI {
	s := &p.state
	return []app.UI{
		elem("p").Text(benchmarkHelp),
		elem("p").Body(p.linked(kernelsHelp)...),
		elem("div").Class("row").Body(
			p.button("Benchmark", "", s.Phase == Idle, p.pressBenchmark),
			p.button("Glossary", "", true, p.pressGlossary),
			app.If(s.Measured != nil, func() app.UI { return p.button("Copy results", "", true, p.pressCopyBenchmark) }),
		),
		app.If(s.Measured != nil, func() app.UI {
			return elem("pre").ID("benchmark").Class("report").TabIndex(0).Aria("label", "Benchmark results").Role("region").Text(p.benchmark())
		}),
	}
}

func (p *Page) pressBenchmark(app.Context, app.Event) { p.send(p.state.PressBenchmark()) }

func (p *Page) pressCopyBenchmark(app.Context, app.Event) {
	text := p.benchmark()
	p.ctx.Async(func() {
		err := copyText(text)
		p.ctx.Dispatch(func(app.Context) {
			p.state.Status = "The results are on the clipboard."
			if err != nil {
				p.state.Status = "The browser does not let the page copy: mark the results and copy them yourself."
			}
		})
	})
}

func (p *Page) benchmark() string {
	return benchmarkReport(*p.state.Measured, p.state.Kernels, p.state.Adapter, userAgent(), app.Getenv("GOAPP_VERSION"))
}

// benchmarkReport is the results as text that can be pasted anywhere.
func benchmarkReport(m protocol.Measured, kernels []protocol.Kernel, adapter, browser, build string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Reverie benchmark\nGPU: %s\nBrowser: %s\nBuild: %s\n", adapter, browser, build)
	for _, s := range m.Speeds {
		share := 100.0
		if peak := m.Speeds[0].Rate; peak > 0 {
			share = 100 * s.Rate / peak
		}
		fmt.Fprintf(&b, "%-42s %9.2f ms %9.2f GFLOP/s %4.0f %%\n", s.Workload, s.Milliseconds, s.Rate, share)
	}
	b.WriteString("Kernels:\n")
	for _, k := range kernels {
		fmt.Fprintf(&b, "%v\n", k)
	}
	return b.String()
}
