package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestBadArgumentsGetOneSentence(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"publish"}, `"publish"`},
		{[]string{"-port", "80"}, "-port"},
		{[]string{"export"}, "name the folder"},
		{[]string{"export", "-to", "x"}, "-to"},
		{[]string{"export", "a", "b"}, "name the folder"},
		{[]string{"-catalogue", "/nowhere.yaml"}, "/nowhere.yaml: there is no such file"},
	} {
		err := run(context.Background(), c.args)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: got %v, want one line with %q", c.args, err, c.want)
		}
	}
}

// serveTest serves a handler until the test ends, and returns its address.
func serveTest(t *testing.T, o host, h http.Handler) string {
	t.Helper()
	address, _, _ := runTest(t, o, h)
	return address
}

// runTest serves a handler, and also returns what ends it and what tells how it ended.
func runTest(t *testing.T, o host, h http.Handler) (address string, end func(), ended chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	at := make(chan net.Addr, 1)
	ended = make(chan error, 1)
	if o.address == "" {
		o.address = "127.0.0.1:0"
	}
	o.log = slog.New(slog.DiscardHandler)
	go func() { ended <- o.listen(ctx, h, func(a net.Addr) { at <- a }) }()
	t.Cleanup(cancel)
	return (<-at).String(), cancel, ended
}

func TestListenTellsWhyItCannot(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = host{address: taken.Addr().String(), limits: usual}.listen(context.Background(), http.NotFoundHandler(), func(net.Addr) {})
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("got %v, want an error that names the address", err)
	}
}
