package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"reverie/web/site"
	"reverie/web/wasm"
	"reverie/weights/mini"
)

// plain is what the test's programs are: a hundred bytes, each of which says where it is.
var plain = strings.Repeat("0123456789", 10)

// testSite is a site with programs of a hundred bytes.
func testSite(t *testing.T, c site.Config) *site.Site {
	t.Helper()
	files := fstest.MapFS{}
	for _, p := range wasm.Programs {
		for suffix, text := range map[string]string{"": plain, ".br": "packed by br", ".gz": "packed by gzip"} {
			files[p.File+suffix] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	c.Programs = files
	s, err := site.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// raw is a request as its bytes, and what is right about the answer.
type raw struct {
	request string
	status  int
	body    string   // "" for any
	headers []string // "Name: value", or "Name:" for one that must be absent
}

// ask makes a request of a line and headers, of which the host is one.
func ask(line string, headers ...string) string {
	return strings.Join(append([]string{line + " HTTP/1.1", "Host: reverie.test"}, headers...), "\r\n") + "\r\n\r\n"
}

// etag is that of the test's program, not packed.
func etag(t *testing.T, h http.Handler) string {
	t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(exchange(t, serveTest(t, host{limits: usual}, h), ask("HEAD /web/app.wasm", "Connection: close")))),
		&http.Request{Method: http.MethodHead})
	if err != nil || r.Header.Get("ETag") == "" {
		t.Fatal("the program has no ETag", err)
	}
	return r.Header.Get("ETag")
}

// exchange sends bytes and returns all that comes until the server closes.
func exchange(t *testing.T, address, request string) []byte {
	t.Helper()
	c := dial(t, address)
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute))
	return c.(*net.TCPConn)
}

// methods are those that no route takes, and what is there.
func methods() (list []raw) {
	for _, url := range []string{"/", "/web/app.wasm", "/web/icon.svg", "/app-worker.js", "/weights/index.json", "/weights/mini/manifest.json", "/healthz", "/nothing", "/share"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "Head", "M-SEARCH"} {
			list = append(list, raw{ask(method + " " + url), 405, "", []string{"Allow: GET, HEAD", "Cache-Control: no-store"}})
		}
	}
	return append(list,
		raw{ask("OPTIONS *"), 405, "", []string{"Allow: GET, HEAD"}},
		raw{ask("CONNECT reverie.test:80"), 405, "", []string{"Allow: GET, HEAD"}},
		raw{ask("POST /", "Content-Length: 5") + "hello", 405, "", []string{"Allow: GET, HEAD"}},
		raw{ask("POST /", "Content-Length: 5000000"), 405, "", []string{"Allow: GET, HEAD"}},
		raw{ask("POST /", "Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n", 405, "", []string{"Allow: GET, HEAD"}},
		raw{ask("POST /", "Content-Length: 5", "Expect: 100-continue"), 405, "", []string{"Allow: GET, HEAD"}},
	)
}

// paths are what is there and what is not.
func paths(shard string) (list []raw) {
	for url, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/?shared": "text/html; charset=utf-8", "/app.js": "text/javascript; charset=utf-8", "/app.css": "text/css; charset=utf-8",
		"/web/app.css": "text/css; charset=utf-8", "/web/app.wasm": "application/wasm", "/web/engine.wasm": "application/wasm", "/web/icon.svg": "image/svg+xml",
		"/web/icon-192.png": "image/png", "/manifest.webmanifest": "application/manifest+json", "/weights/index.json": "application/json",
		"/weights/mini/manifest.json": "application/json", "/weights/mini/" + shard: "application/octet-stream", "/healthz": "text/plain; charset=utf-8",
		"http://reverie.test/": "text/html; charset=utf-8", "http://elsewhere.test/web/app.css": "text/css; charset=utf-8", "http://reverie.test": "text/html; charset=utf-8",
		"/%77eb/app.css": "text/css; charset=utf-8", "/web/app.css?v=1&v=2": "text/css; charset=utf-8",
	} {
		list = append(list, raw{ask("GET " + url), 200, "", []string{"Content-Type: " + kind, "Accept-Ranges: bytes"}},
			raw{ask("HEAD " + url), 200, "", []string{"Content-Type: " + kind}})
	}
	for _, url := range []string{
		"/nothing", "/index.html", "/web", "/web/", "/web/app.css/", "//", "//web/app.css", "/web//app.css", "/./", "/web/../go.mod", "/../../etc/passwd", "/web/..%2fapp.css",
		"/%2e%2e/%2e%2e/etc/passwd", "/web%2Fapp.css", "/web%5capp.css", "/web/app.css%00", "/web/APP.css", "/web/service-worker.js", "/web/app.wasm.br", "/weights", "/weights/",
		"/weights/mini", "/weights/mini/", "/weights/mini/mini.go", "/weights/mini/" + strings.Repeat("0", 64), "/weights/mini/" + strings.ToUpper(shard), "/weights/mini/../mini/manifest.json",
		"/weights/none/manifest.json", "/weights/none/" + shard, "/weights/mini/" + shard[:63], "/weights/mini/" + shard + "0", "/healthz/", "/404.html", "/_headers", "/metrics", "/debug/pprof/", "/favicon.ico", "/\xff",
	} {
		list = append(list, raw{ask("GET " + url), 404, "", []string{"Content-Type: text/html; charset=utf-8", "Cache-Control: no-store", "ETag:", "Accept-Ranges:"}})
	}
	return append(list, raw{ask("GET *"), 400, "", nil}, raw{ask("HEAD /nothing"), 404, "", nil})
}

// encodings are Accept-Encoding headers, with the form that each asks for.
func encodings() (list []raw) {
	for _, c := range []struct {
		want  string // "" for the plain form, "none" for 406
		lines []string
	}{
		{"", nil}, {"", []string{""}}, {"", []string{"zstd"}}, {"", []string{"identity"}}, {"", []string{"deflate, compress"}},
		{"br", []string{"br"}}, {"gzip", []string{"gzip"}}, {"gzip", []string{"x-gzip"}}, {"br", []string{"BR"}}, {"br", []string{"gzip, deflate, br, zstd"}}, {"br", []string{"gzip", "br"}},
		{"gzip", []string{"br;q=0.5, gzip"}}, {"br", []string{"br;q=0.5, gzip;q=0.5"}}, {"gzip", []string{"br;q=0, gzip;q=0.001"}}, {"br", []string{"br ; q=0.5 , gzip;q=0.499"}}, {"br", []string{"br;Q=1.000"}},
		{"br", []string{"*"}}, {"gzip", []string{"br;q=0, *"}}, {"gzip", []string{"*;q=0.5, gzip"}}, {"br", []string{"*;q=0, br;q=0.1"}}, {"", []string{"identity, *;q=0"}}, {"", []string{"identity;q=1, br;q=0.5"}},
		{"br", []string{"identity;q=0.5, br"}}, {"br", []string{"identity;q=0.5, br;q=0.5"}}, {"", []string{"br;q=0"}}, {"", []string{"br;q=0.000, gzip;q=0.0"}},
		{"gzip", []string{"br;q=2, gzip"}}, {"gzip", []string{"br;q=-1, gzip"}}, {"gzip", []string{"br;q=0.1234, gzip;q=0.1"}}, {"gzip", []string{"br;q=, gzip"}}, {"gzip", []string{"br;level=3, gzip"}}, {"gzip", []string{"br;q=1.5, gzip;q=0.2"}},
		{"br", []string{",, br ,"}}, {"", []string{"brotli"}}, {"none", []string{"*;q=0"}}, {"none", []string{"identity;q=0"}}, {"none", []string{"identity;q=0, br;q=0, gzip;q=0"}}, {"gzip", []string{"identity;q=0, gzip"}},
	} {
		var headers []string
		for _, line := range c.lines {
			headers = append(headers, "Accept-Encoding: "+line)
		}
		request := ask("GET /web/app.wasm", headers...)
		switch c.want {
		case "none":
			list = append(list, raw{request, 406, "", []string{"Content-Encoding:", "ETag:"}})
		case "":
			list = append(list, raw{request, 200, plain, []string{"Content-Encoding:", "Vary: Accept-Encoding"}})
		default:
			list = append(list, raw{request, 200, "packed by " + c.want, []string{"Content-Encoding: " + c.want, "Vary: Accept-Encoding"}})
		}
	}
	return append(list, raw{ask("GET /web/icon-192.png", "Accept-Encoding: br"), 200, "", []string{"Content-Encoding:", "Vary:"}})
}

// conditions are ranges and preconditions, on the program of that ETag.
func conditions(tag string) (list []raw) {
	add := func(status int, body string, expected []string, headers ...string) {
		list = append(list, raw{ask("GET /web/app.wasm", headers...), status, body, expected})
	}
	part := func(from, to int, headers ...string) {
		add(206, plain[from:to+1], []string{fmt.Sprintf("Content-Range: bytes %d-%d/100", from, to), "ETag: " + tag, "Content-Type: application/wasm"}, headers...)
	}
	whole := func(headers ...string) { add(200, plain, []string{"Content-Range:", "ETag: " + tag}, headers...) }

	part(0, 0, "Range: bytes=0-0")
	part(10, 19, "Range: bytes=10-19")
	part(10, 99, "Range: bytes=10-")
	part(90, 99, "Range: bytes=-10")
	part(0, 99, "Range: bytes=-1000")
	part(50, 99, "Range: bytes=50-1000")
	part(50, 99, "Range: bytes=50-99999999999999999999999")
	part(0, 99, "Range: bytes=-99999999999999999999999")
	part(5, 9, "Range: Bytes=5-9")
	part(5, 9, "Range: bytes= 5-9 ")
	part(5, 9, "Range: bytes=,5-9,")
	part(5, 9, "Range: bytes=0005-0009")
	part(5, 9, "Range: bytes=5-9,200-300")
	for _, beyond := range []string{"100-", "100-200", "-0", "99999999999999999999999-", "100-,200-"} {
		add(416, "", []string{"Content-Range: bytes */100", "ETag:", "Cache-Control:"}, "Range: bytes="+beyond)
	}
	for _, ignored := range []string{
		"items=0-5", "bytes", "bytes=", "bytes=a-b", "bytes=5", "bytes=9-5", "bytes=-", "bytes=--5", "bytes=1-2-3", "bytes 0-5", "bytes=0x1-5", "bytes=+1-5", "0-5", "bytes=0-5;x", "bytes=0-5,x",
		"bytes=" + strings.Repeat("0-0,", 17), "bytes=0-99,0-99,0-99",
	} {
		whole("Range: " + ignored)
	}
	whole("Range: bytes=0-5", "Range: bytes=6-9")
	add(206, "", []string{"Content-Range:"}, "Range: bytes=0-1,98-99")
	list = append(list, raw{ask("HEAD /web/app.wasm", "Range: bytes=0-5"), 200, "", []string{"Content-Length: 100", "Content-Range:"}})
	add(206, "ck", []string{"Content-Range: bytes 2-3/12", "Content-Encoding: br"}, "Range: bytes=2-3", "Accept-Encoding: br")

	part(0, 5, "Range: bytes=0-5", "If-Range: "+tag)
	whole("Range: bytes=0-5", "If-Range: W/"+tag)
	whole("Range: bytes=0-5", `If-Range: "other"`)
	whole("Range: bytes=0-5", "If-Range: "+strings.Trim(tag, `"`))
	whole("Range: bytes=0-5", "If-Range: "+tag+", "+tag)
	whole("Range: bytes=0-5", "If-Range: Mon, 30 Nov 2026 00:00:00 GMT")
	whole("Range: bytes=0-5", "If-Range: ")
	whole("Range: bytes=0-5", "If-Range: *")
	whole("Range: bytes=500-", `If-Range: "other"`)
	whole("If-Range: " + tag)
	add(416, "", nil, "Range: bytes=500-", "If-Range: "+tag)

	for _, same := range []string{tag, "W/" + tag, "*", `"a", ` + tag, `"a" , W/"b",` + tag} {
		add(304, "", []string{"ETag: " + tag, "Vary: Accept-Encoding", "Cache-Control: no-cache", "Content-Length:"}, "If-None-Match: "+same)
	}
	add(304, "", []string{"ETag: " + tag}, `If-None-Match: "a"`, "If-None-Match: "+tag)
	add(304, "", nil, "If-None-Match: "+tag, "Range: bytes=0-5")
	list = append(list, raw{ask("HEAD /web/app.wasm", "If-None-Match: "+tag), 304, "", []string{"ETag: " + tag}})
	whole(`If-None-Match: "other"`)
	whole("If-None-Match: " + strings.Trim(tag, `"`))
	add(200, "packed by br", nil, "If-None-Match: "+tag, "Accept-Encoding: br") // which is another form's
	whole("If-Modified-Since: Mon, 30 Nov 2026 00:00:00 GMT")
	whole("If-Unmodified-Since: Mon, 30 Nov 2020 00:00:00 GMT")
	whole("If-Match: " + tag)
	whole("If-Match: *")
	whole(`If-Match: "a"`, "If-Match: "+tag)
	add(412, "", nil, `If-Match: "other"`)
	add(412, "", nil, "If-Match: W/"+tag)
	add(412, "", nil, `If-Match: "other"`, "If-None-Match: "+tag)
	part(0, 5, "If-Match: "+tag, "Range: bytes=0-5")
	return list
}

// messages are requests whose form is at stake.
func messages() []raw {
	return []raw{
		{"GET / HTTP/1.1\r\n\r\n", 400, "", nil}, // no host
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\r\nHost:\r\n\r\n", 200, "", nil},
		{"GET / HTTP/1.0\r\n\r\n", 200, "", nil},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "", []string{"Connection: keep-alive"}},
		{"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 200, "", nil},
		{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "", nil},
		{"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505, "", nil},
		{"GET /\r\n\r\n", 400, "", nil},
		{"GET / HTTP/one\r\nHost: a\r\n\r\n", 400, "", nil},
		{"GET / http/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{"GET / / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{" / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{"GET nothing HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\r\nHost: a\r\nName : x\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\r\nHost: a\r\nName\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400, "", nil},
		{"GET / HTTP/1.1\nHost: a\n\n", 200, "", nil}, // which a server may take
		{ask("GET /", "Content-Length: x"), 400, "", nil},
		{ask("GET /", "Content-Length: -1"), 400, "", nil},
		{ask("GET /", "Content-Length: 1", "Content-Length: 2"), 400, "", nil},
		{ask("GET /", "Content-Length: 0"), 200, "", nil},
		{ask("GET /", "Content-Length: 5") + "hello", 200, "", []string{"Connection: close"}},
		{ask("GET /", "Transfer-Encoding: chunked") + "0\r\n\r\n", 200, "", []string{"Connection: close"}},
		{ask("GET /", "Transfer-Encoding: gzip"), 501, "", nil},
		{ask("GET /", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 501, "", nil},
		{ask("GET /", "Expect: tea"), 417, "", nil},
		{ask("GET /", "Upgrade: websocket", "Connection: upgrade"), 200, "", []string{"Upgrade:"}},
		{ask("GET /", "Connection: close"), 200, "", []string{"Connection: close"}},
		{ask("GET /", "Origin: https://elsewhere.test"), 200, "", []string{"Access-Control-Allow-Origin:"}},
		{ask("GET /", "X: "+strings.Repeat("x", 2*maxHeader)), 431, "", nil},
		{ask("GET /" + strings.Repeat("x", 2*maxHeader)), 431, "", nil},
		{ask("GET /" + strings.Repeat("x", maxHeader/2)), 404, "", nil},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405, "", []string{"Connection: close"}},
		{"\x16\x03\x01\x00\x05hello\r\n\r\n", 400, "", nil}, // TLS to a plain port
	}
}

// Each request gets the right answer with the security headers, as long as it says; and the connection is then where it should be: closed, if
// the answer says so, or else ready for the next request.
func TestRawRequests(t *testing.T) {
	s := testSite(t, site.Config{Bare: true})
	shards, err := fs.Glob(mini.FS, "[0-9a-f]*")
	if err != nil || len(shards) == 0 {
		t.Fatal("the mini model has no shards", err)
	}
	o := host{limits: usual, fields: s.Security}
	o.limits.perAddress = 0
	o.limits.read = 3 * time.Second // for which one request withholds its body
	address := serveTest(t, o, s)
	cases := append(append(append(append(methods(), paths(shards[0])...), encodings()...), conditions(etag(t, s))...), messages()...)
	if len(cases) < 200 {
		t.Errorf("only %d requests", len(cases))
	}
	t.Logf("%d requests", len(cases))
	for _, c := range cases {
		if err := c.check(dial(t, address)); err != nil {
			t.Errorf("%.200q: %v", c.request, err)
		}
	}
}

var securityHeaders = []string{"Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Resource-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"}

func (c raw) check(to *net.TCPConn) error {
	defer to.Close()
	if _, err := io.WriteString(to, c.request); err != nil {
		return err
	}
	method, _, _ := strings.Cut(c.request, " ")
	reader := bufio.NewReader(to)
	r, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.StatusCode != c.status {
		return fmt.Errorf("status %d, want %d; %v", r.StatusCode, c.status, r.Header)
	}
	if c.body != "" && string(body) != c.body {
		return fmt.Errorf("%d bytes %.100q, want %q", len(body), body, c.body)
	}
	for _, name := range securityHeaders {
		if len(r.Header[http.CanonicalHeaderKey(name)]) != 1 {
			return fmt.Errorf("%s is %q", name, r.Header[http.CanonicalHeaderKey(name)])
		}
	}
	for _, h := range c.headers {
		name, want, _ := strings.Cut(h, ":")
		if h == "Connection: close" { // which net/http takes out
			if !r.Close {
				return errors.New("it does not close")
			}
			continue
		}
		if got := strings.Join(r.Header[http.CanonicalHeaderKey(name)], "|"); got != strings.TrimSpace(want) {
			return fmt.Errorf("%s is %q, want %q", name, got, strings.TrimSpace(want))
		}
	}
	if r.TransferEncoding != nil || r.ContentLength < 0 && !r.Close && r.StatusCode != http.StatusNotModified {
		return fmt.Errorf("its length is unknown: %v", r.Header)
	}
	if !r.Close {
		if _, err := io.WriteString(to, ask("GET /healthz", "Connection: close")); err != nil {
			return err
		}
		next, err := http.ReadResponse(reader, nil)
		if err != nil {
			return fmt.Errorf("the next request: %w", err)
		}
		if text, err := io.ReadAll(next.Body); err != nil || string(text) != "ok\n" {
			return fmt.Errorf("the next request: status %d, %q, %v", next.StatusCode, text, err)
		}
	}
	if rest, err := io.ReadAll(reader); err != nil || len(rest) > 0 {
		return fmt.Errorf("then comes %.100q, %v", rest, err)
	}
	return nil
}
