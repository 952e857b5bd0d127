//go:build e2e && !js

package e2e

import (
	"context"
	"fmt"
	"net/http/httptest"
	"regexp"
	"testing"

	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// visited is a page that several tests use, one after another: most of what a visit takes is that the programs, the model and the kernels come.
type visited struct {
	page   *driver.Page
	server *httptest.Server
}

var often visited

// ownPrompt is the prompt of a link.
var ownPrompt = regexp.MustCompile(`^p=[^&]*`)

func (o *visited) close() {
	if o.page != nil {
		o.page.Close()
		o.server.Close()
	}
	*o = visited{}
}

// revisit follows a link in the page that other tests have used, once its engine can run. It is for tests of what needs no visit of its own, which all links
// and pictures say as well in a page that is open: they end with no run under way, and count neither pictures nor steps of others. A page in which a test has
// failed is nothing for the next ones.
func revisit(t *testing.T, link string) *visit {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			often.close()
		}
	})
	if often.page == nil {
		p, err := driver.Open(context.Background(), chromium.Software)
		if err != nil {
			t.Fatal(err)
		}
		often = visited{p, httptest.NewServer(plain(t))}
		if err := p.Navigate(often.server.URL + "/?tune=off"); err != nil {
			t.Fatal(err)
		}
	}
	v := &visit{T: t, Page: often.page, url: often.server.URL + "/", heard: len(often.page.Complaints())}
	v.stirs()
	v.must(v.Resize(1280, 800))
	if _, err := v.FindEnabled("button", "Start"); err != nil {
		t.Fatal(err)
	}
	_, err := driver.Evaluate[bool](v.Page, `(scrollTo(0, 0), document.querySelectorAll("button[aria-expanded=true]").forEach((b) => b.click()), true)`)
	v.must(err)
	const between = "between" // two visits that may have one link
	v.links(ownPrompt.ReplaceAllString(link, "") + "&p=" + between)
	v.waits(fmt.Sprintf(`document.getElementById("prompt").value === %q`, between))
	v.links(link)
	v.waits(fmt.Sprintf(`document.getElementById("prompt").value !== %q`, between))
	v.forget()
	return v
}

// links gives the open page a link.
func (v *visit) links(fragment string) {
	v.Helper()
	_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`(location.hash = %q, true)`, fragment))
	v.must(err)
}
