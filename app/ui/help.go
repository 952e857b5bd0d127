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
			p.button(benchmarkButton, "", s.Phase == Idle, p.pressBenchmark),
			p.button(glossaryTitle, "", true, p.pressGlossary),
			app.If(s.Measured != nil, func() app.UI { return p.button(copyResultsButton, "", true, p.pressCopyBenchmark) }),
		),
		app.If(s.Measured != nil, func() app.UI {
			return elem("pre").ID("benchmark").Class("report").TabIndex(0).Aria("label", benchmarkLabel).Role("region").Text(p.benchmark())
		}),
	}
}

func (p *Page) pressBenchmark(app.Context, app.Event) { p.send(p.state.PressBenchmark()) }

func (p *Page) pressCopyBenchmark(app.Context, app.Event) {
	text := p.benchmark()
	p.ctx.Async(func() {
		err := copyText(text)
		p.ctx.Dispatch(func(app.Context) {
			p.state.Status = resultsCopied
			if err != nil {
				p.state.Status = resultsNotCopied
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
	fmt.Fprintf(&b, benchmarkHead, adapter, browser, build)
	for _, s := range m.Speeds {
		share := 100.0
		if peak := m.Speeds[0].Rate; peak > 0 {
			share = 100 * s.Rate / peak
		}
		fmt.Fprintf(&b, benchmarkLine, s.Workload, s.Milliseconds, s.Rate, share)
	}
	b.WriteString(benchmarkKernels)
	for _, k := range kernels {
		fmt.Fprintf(&b, "%v\n", k)
	}
	return b.String()
}
