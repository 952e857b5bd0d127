package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"reverie/web/site"
)

// long is a limit that no test reaches.
const long = time.Hour

// lasting are limits none of which is reached; each test shortens one.
var lasting = limits{read: long, stall: long, idle: long, patience: long}

// ends waits until the server closes the connection, which is a minute's time at most.
func ends(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection does not end")
	}
}

// stays looks whether the connection is still there and answers.
func stays(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.WriteString(c, ask("GET /healthz")); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || r.StatusCode != 200 {
		t.Fatalf("it is answered with %v, %v", r, err)
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Fatal(err)
	}
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// drip sends a byte now and then until the connection ends.
func drip(c net.Conn) {
	for {
		if _, err := c.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestSlowRequestsEnd(t *testing.T) {
	short := lasting
	short.read = 300 * time.Millisecond
	address := serveTest(t, host{limits: short}, testSite(t, site.Config{}))
	for what, begin := range map[string]string{
		"nothing": "", "half a line": "GET /", "half a header": "GET / HTTP/1.1\r\nHost: a\r\nX: ",
		"half a body": ask("POST /", "Content-Length: 1000000"), "half a chunk": ask("POST /", "Transfer-Encoding: chunked") + "fffff\r\n",
	} {
		t.Run(what, func(t *testing.T) {
			c := dial(t, address)
			send(t, c, begin)
			if begin != "" {
				go drip(c)
			}
			ends(t, c)
		})
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	short := lasting
	short.idle = 200 * time.Millisecond
	c := dial(t, serveTest(t, host{limits: short}, testSite(t, site.Config{})))
	stays(t, c)
	ends(t, c)
}

// endless writes in one way until it fails, and says so.
func endless(write func(http.ResponseWriter) error) (http.Handler, chan error) {
	failed := make(chan error, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if err := write(w); err != nil {
				failed <- err
				return
			}
		}
	}), failed
}

// bigFile is a file of 8 MiB, which takes no room.
func bigFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 8<<20); err != nil {
		t.Fatal(err)
	}
	return path
}

// ways are those in which the site writes.
func ways(t *testing.T) map[string]func(http.ResponseWriter) error {
	memory, path := make([]byte, 1<<20), bigFile(t)
	return map[string]func(http.ResponseWriter) error{
		"from memory": func(w http.ResponseWriter) error { _, err := w.Write(memory); return err },
		"from a file": func(w http.ResponseWriter) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.CopyN(w, f, 8<<20)
			return err
		},
	}
}

func TestSlowReadersEnd(t *testing.T) {
	short := lasting
	short.stall = 300 * time.Millisecond
	for way, write := range ways(t) {
		t.Run(way, func(t *testing.T) {
			h, failed := endless(write)
			c := dial(t, serveTest(t, host{limits: short}, h))
			send(t, c, ask("GET /"))
			select {
			case <-failed:
			case <-time.After(time.Minute):
				t.Error("the answer does not end")
			}
		})
	}
}

// A download takes several times as long as it may stall, and is whole.
func TestProgressIsNotCut(t *testing.T) {
	short := lasting
	short.stall = 2 * time.Second
	for way, write := range ways(t) {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			const rounds = 8
			size := rounds << 20
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(size))
				for range rounds {
					if err := write(w); err != nil || way == "from a file" {
						return
					}
				}
			})
			c := dial(t, serveTest(t, host{limits: short}, h))
			send(t, c, ask("GET /", "Connection: close"))
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			got := int64(0)
			for err == nil {
				var n int64
				n, err = io.CopyN(io.Discard, r.Body, 64<<10)
				got += n
				time.Sleep(40 * time.Millisecond)
			}
			if err != io.EOF || got != int64(size) {
				t.Errorf("%d of %d bytes came, then %v", got, size, err)
			}
		})
	}
}

// refused looks for the answer that a connection gets for which there is no room.
func refused(t *testing.T, c net.Conn) {
	t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != 503 || r.Header.Get("Retry-After") != "10" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("it is answered with %d, %v", r.StatusCode, r.Header)
	}
	ends(t, c)
}

// hanging is a handler that answers the path /hang when it is let go, and tells when it is asked.
func hanging(t *testing.T) (h http.Handler, asked chan struct{}, let func()) {
	asked, gone := make(chan struct{}, 10), make(chan struct{})
	s := testSite(t, site.Config{Bare: true})
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hang" {
			s.ServeHTTP(w, r)
			return
		}
		asked <- struct{}{}
		select {
		case <-gone:
			io.WriteString(w, "done")
		case <-ctx.Done():
		}
	}), asked, func() { close(gone) }
}

// from connects from an address of this machine.
func from(t *testing.T, ip, address string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}).Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute))
	return c
}

// An address that has all its connections loses the oldest that is idle, and gets no more when none is; others do not notice.
func TestConnectionsPerAddress(t *testing.T) {
	capped := lasting
	capped.perAddress = 3
	h, asked, _ := hanging(t)
	address := serveTest(t, host{limits: capped, fields: testSite(t, site.Config{}).Security}, h)
	busy, oldest, second := dial(t, address), dial(t, address), dial(t, address)
	send(t, busy, ask("GET /hang"))
	<-asked
	third := dial(t, address)
	stays(t, third)
	ends(t, oldest)
	stays(t, second)
	for _, c := range []net.Conn{second, third} {
		send(t, c, ask("GET /hang"))
		<-asked
	}
	refused(t, dial(t, address))
	stays(t, from(t, "127.0.0.2", address))
}

func TestConnectionsInAll(t *testing.T) {
	capped := lasting
	capped.connections = 2
	h, asked, let := hanging(t)
	address := serveTest(t, host{limits: capped, fields: testSite(t, site.Config{}).Security}, h)
	first := dial(t, address)
	others := []net.Conn{from(t, "127.0.0.2", address), from(t, "127.0.0.3", address)}
	for _, c := range others {
		send(t, c, ask("GET /hang"))
		<-asked
	}
	ends(t, first)
	refused(t, dial(t, address))
	let()
	for _, c := range others {
		if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 200 {
			t.Fatalf("an answer that was under way: %v, %v", r, err)
		}
	}
	others[0].Close()
	stays(t, others[1])
}

func TestOrigin(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		a := &net.TCPAddr{IP: net.ParseIP(strings.TrimSuffix(address, "%eth0")), Port: 1}
		if strings.HasSuffix(address, "%eth0") {
			a.Zone = "eth0"
		}
		if got := origin(a).String(); got != want {
			t.Errorf("%s counts for %s, want %s", address, got, want)
		}
	}
}

// After the signal a download ends in its own time, and what is idle at once.
func TestShutdownLetsDownloadsEnd(t *testing.T) {
	h, asked, let := hanging(t)
	address, end, ended := runTest(t, host{limits: lasting}, h)
	download, fresh, idle := dial(t, address), dial(t, address), dial(t, address)
	stays(t, idle)
	send(t, download, ask("GET /hang"))
	<-asked
	end()
	ends(t, fresh)
	ends(t, idle)
	select {
	case err := <-ended:
		t.Fatalf("the server ended first: %v", err)
	default:
	}
	let()
	r, err := http.ReadResponse(bufio.NewReader(download), nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r.Body); err != nil || string(text) != "done" {
		t.Errorf("the download is %q, %v", text, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

// A download that does not end must not keep the server from ending.
func TestShutdownIsNotForEver(t *testing.T) {
	short := lasting
	short.patience = 100 * time.Millisecond
	h, asked, _ := hanging(t)
	address, end, ended := runTest(t, host{limits: short}, h)
	c := dial(t, address)
	send(t, c, ask("GET /hang"))
	<-asked
	end()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it does not end")
	}
}

// certify writes a certificate for 127.0.0.1 with its key.
func certify(t *testing.T) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key, pool = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	pool.AddCert(parsed)
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key, pool
}

// secure serves a handler over TLS and returns a client of it.
func secure(t *testing.T, l limits, h http.Handler) (*http.Client, string) {
	t.Helper()
	certificate, key, pool := certify(t)
	config, err := identity(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, "https://" + serveTest(t, host{limits: l, tls: config}, h)
}

func TestHTTP2(t *testing.T) {
	client, url := secure(t, lasting, testSite(t, site.Config{}))
	r, err := client.Get(url + "/web/app.wasm")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil || r.ProtoMajor != 2 || r.StatusCode != 200 || string(text) != plain {
		t.Errorf("%s %d, %q, %v", r.Proto, r.StatusCode, text, err)
	}
	if r, err = client.Post(url+"/", "text/plain", strings.NewReader("x")); err != nil || r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %v, %v", r, err)
	}
}

// In HTTP/2 a client that takes nothing keeps the connection going, but not the answer.
func TestSlowReadersOfHTTP2End(t *testing.T) {
	short := lasting
	short.stall = 300 * time.Millisecond
	for way, write := range ways(t) {
		t.Run(way, func(t *testing.T) {
			h, failed := endless(write)
			client, url := secure(t, short, h)
			r, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			select {
			case <-failed:
			case <-time.After(time.Minute):
				t.Error("the answer does not end")
			}
		})
	}
}

func TestCertificatesThatCannotBeUsed(t *testing.T) {
	certificate, key, _ := certify(t)
	for _, c := range []struct{ certificate, key, want string }{{certificate, "", "both"}, {"", key, "both"}, {key, certificate, "cannot be used"}, {certificate, key + "x", "cannot be used"}} {
		if _, err := identity(c.certificate, c.key); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, %s: %v, want one line with %q", c.certificate, c.key, err, c.want)
		}
	}
}

// What is counted is what happened, and Prometheus can read it at an address of its own only.
func TestMetrics(t *testing.T) {
	s := testSite(t, site.Config{})
	m := newMetrics(s.Build)
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	at, err := m.serve(ctx, "127.0.0.1:0", logger)
	if err != nil {
		t.Fatal(err)
	}
	address := serveTest(t, host{limits: lasting, metrics: m}, observed(s, m, logger, true))
	for _, request := range []string{ask("GET /web/app.wasm", "Connection: close"), ask("GET /nothing", "Connection: close"), ask("GET /web/app.wasm", "Connection: close", "Range: bytes=0-9")} {
		exchange(t, address, request)
	}
	text := string(exchange(t, at.String(), ask("GET /metrics", "Connection: close")))
	for _, want := range []string{
		`reverie_http_requests_total{code="200"} 1`, `reverie_http_requests_total{code="404"} 1`, `reverie_http_requests_total{code="206"} 1`, "reverie_http_request_duration_seconds_count 3",
		"reverie_connections 0", "reverie_connections_refused_total 0", "reverie_connections_evicted_total 0", `reverie_build_info{build="` + s.Build + `"} 1`, "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("metrics lack %q:\n%s", want, text)
		}
	}
	if !strings.Contains(log.String(), "path=/nothing protocol=HTTP/1.1 status=404") {
		t.Errorf("the log is %s", log.String())
	}
}

// Answers of any length arrive whole, whether their beginning waits for the rest or not.
func TestAnswersOfAnyLength(t *testing.T) {
	path := bigFile(t)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil {
			panic(err)
		}
		w.Header().Set("Content-Length", strconv.Itoa(n))
		if r.URL.Path == "/memory" {
			w.Write([]byte(strings.Repeat("x", n)))
			return
		}
		f, err := os.Open(path)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		io.CopyN(w, f, int64(n))
	})
	address := serveTest(t, host{limits: lasting, fields: "X-All: yes\r\n"}, h)
	c := dial(t, address)
	reader := bufio.NewReader(c)
	for _, way := range []string{"memory", "file"} {
		for _, n := range []int{0, 1, 100, 1000, 3900, 3950, 3970, 3980, 3990, 4000, 4010, 4050, 4096, 4097, 8000, 12000, 12200, 12288, 13000, 65536, 65537, 1 << 20} {
			send(t, c, ask("GET /"+way+"?n="+strconv.Itoa(n)))
			r, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatalf("%s, %d bytes: %v", way, n, err)
			}
			if body, err := io.ReadAll(r.Body); err != nil || len(body) != n || len(r.Header["X-All"]) != 1 {
				t.Errorf("%s: %d of %d bytes, %v, %v", way, len(body), n, err, r.Header)
			}
		}
	}
}
