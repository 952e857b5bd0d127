package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// limits are what one client, and all together, may take of the server.
type limits struct {
	read        time.Duration // for a request, with its body, from the first byte or the connection's beginning
	stall       time.Duration // for taking each piece of an answer
	idle        time.Duration // between requests
	patience    time.Duration // how long downloads may go on after the signal to end
	connections int           // in all; 0 for no cap
	perAddress  int           // of them, from one address; 0 for no cap
}

// usual are the limits that nobody has changed. A browser has at most six connections to a server; schools and offices are behind one address.
var usual = limits{read: 10 * time.Second, stall: 30 * time.Second, idle: 30 * time.Second, patience: 30 * time.Second, connections: 1024, perAddress: 128}

// maxHeader is how many bytes a request's header may have.
const maxHeader = 32 << 10

// sendBuffer is how much of an answer the kernel holds for a client. It is bounded so that a slow client is seen to make progress.
const sendBuffer = 256 << 10

// host is what a handler is served by.
type host struct {
	address string
	limits  limits
	fields  string      // of every answer, as lines of HTTP, which the handler leaves out; only for plain HTTP
	tls     *tls.Config // nil for plain HTTP
	metrics *metrics    // nil for none
	log     *slog.Logger
}

func (o host) scheme() string {
	if o.tls != nil {
		return "https"
	}
	return "http"
}

// listen serves until ctx ends, which is no error; what is being answered then may end, as long as patience lasts. It calls ready when it takes
// connections.
func (o host) listen(ctx context.Context, h http.Handler, ready func(net.Addr)) error {
	listener, err := net.Listen("tcp", o.address)
	if err != nil {
		return fmt.Errorf("serve: cannot listen at %s: %w", o.address, err)
	}
	g := newGate(listener.(*net.TCPListener), o.limits, o.fields, o.tls == nil)
	if o.metrics != nil {
		o.metrics.watch(g)
	}
	server := o.server(h)
	followed(server)
	ready(listener.Addr())
	ended := make(chan error, 1)
	go func() {
		if o.tls != nil {
			ended <- server.ServeTLS(g, "", "")
		} else {
			ended <- server.Serve(g)
		}
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return o.end(server, g)
	}
}

// server has the limits of time.
func (o host) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: paced(h, o.limits.stall), TLSConfig: o.tls, ErrorLog: slog.NewLogLogger(o.log.Handler(), slog.LevelDebug),
		ReadTimeout: o.limits.read, WriteTimeout: o.limits.stall, IdleTimeout: o.limits.idle, MaxHeaderBytes: maxHeader,
		DisableGeneralOptionsHandler: true,
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: 100, WriteByteTimeout: o.limits.stall},
	}
}

func (o host) end(server *http.Server, g *gate) error {
	closing, cancel := context.WithTimeout(context.Background(), o.limits.patience)
	defer cancel()
	g.closeIdle()
	if err := server.Shutdown(closing); errors.Is(err, context.DeadlineExceeded) {
		o.log.Warn("a download would not end and was cut", "after", o.limits.patience)
		server.Close()
	}
	return nil
}
