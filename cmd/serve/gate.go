package main

import (
	"bytes"
	"container/list"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// gate is a listener that caps connections, in all and per address. When there are too many, the one that has waited longest for its client to ask
// something gives way; where all are being answered, the new one is refused.
type gate struct {
	*net.TCPListener
	limits  limits
	fields  string // of every answer, as lines of HTTP
	refusal []byte // what a connection that is refused gets; nil for none
	mu      sync.Mutex
	conns   *list.List // of *conn, the oldest first
	refused atomic.Int64
	evicted atomic.Int64
	parting chan struct{} // how many that are refused are seen off at a time
}

func newGate(l *net.TCPListener, limits limits, fields string, plain bool) *gate {
	g := &gate{TCPListener: l, limits: limits, fields: fields, conns: list.New(), parting: make(chan struct{}, 16)}
	if plain {
		const sentence = "There are too many connections: try again in a moment.\n"
		g.refusal = []byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
			fields + "\r\n" + sentence)
	}
	return g
}

// conn is a connection that the gate knows of.
type conn struct {
	*net.TCPConn
	gate *gate
	from netip.Prefix
	at   *list.Element
	once sync.Once
	busy atomic.Bool // it is being answered
	// The others are for the goroutine that serves the connection.
	begun bool   // the answer has begun
	first []byte // its first bytes
	held  bool   // they wait for what comes next
	parts net.Buffers
	space [2][]byte // of parts
}

// Accept returns the next connection that may stay.
func (g *gate) Accept() (net.Conn, error) {
	for {
		tcp, err := g.AcceptTCP()
		if err != nil {
			return nil, err
		}
		if c := g.admit(tcp); c != nil {
			return c, nil
		}
		g.refused.Add(1)
		g.refuse(tcp)
	}
}

// origin is whom a connection counts for: an address, or, where whoever has one has many, the network.
func origin(a net.Addr) netip.Prefix {
	ip := a.(*net.TCPAddr).AddrPort().Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	network, err := ip.Prefix(bits)
	if err != nil {
		panic(err) // bits are never more than it has
	}
	return network
}

// admit makes room for a connection and takes it up, or returns nil.
func (g *gate) admit(tcp *net.TCPConn) *conn {
	tcp.SetWriteBuffer(sendBuffer) // if it cannot be set, slow clients are cut a little sooner
	c := &conn{TCPConn: tcp, gate: g, from: origin(tcp.RemoteAddr())}
	g.mu.Lock()
	defer g.mu.Unlock()
	same, oldest, oldestSame := 0, (*conn)(nil), (*conn)(nil)
	for e := g.conns.Front(); e != nil; e = e.Next() {
		other := e.Value.(*conn)
		idle := !other.busy.Load()
		if idle && oldest == nil {
			oldest = other
		}
		if other.from != c.from {
			continue
		}
		same++
		if idle && oldestSame == nil {
			oldestSame = other
		}
	}
	var out *conn
	switch {
	case g.limits.perAddress > 0 && same >= g.limits.perAddress:
		out = oldestSame
	case g.limits.connections > 0 && g.conns.Len() >= g.limits.connections:
		out = oldest
	default:
		c.at = g.conns.PushBack(c)
		return c
	}
	if out == nil {
		return nil
	}
	g.evicted.Add(1)
	g.conns.Remove(out.at)
	out.TCPConn.Close()
	c.at = g.conns.PushBack(c)
	return c
}

// refuse says so, as far as there is time for it. A connection that is closed with something unread loses what it was sent.
func (g *gate) refuse(tcp *net.TCPConn) {
	select {
	case g.parting <- struct{}{}:
	default:
		tcp.Close()
		return
	}
	go func() {
		defer func() { tcp.Close(); <-g.parting }()
		tcp.SetDeadline(time.Now().Add(time.Second))
		if _, err := tcp.Write(g.refusal); err != nil || tcp.CloseWrite() != nil {
			return
		}
		io.Copy(io.Discard, io.LimitReader(tcp, maxHeader))
	}()
}

// open is how many connections there are.
func (g *gate) open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.conns.Len()
}

// closeIdle closes the connections that are not being answered, those that have not asked anything yet among them.
func (g *gate) closeIdle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for e := g.conns.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*conn); !c.busy.Load() {
			c.TCPConn.Close()
		}
	}
}

// Close takes the connection out of the count.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		c.gate.conns.Remove(c.at)
	})
	return c.TCPConn.Close()
}

// Write puts the fields of every answer behind its status line: those that net/http gives by itself, to requests that it cannot read, have no other
// way to get them, and for all the others sorting and copying these fields would take a quarter of a request's time.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case c.held:
		c.held = false
		c.parts = append(net.Buffers(c.space[:0]), c.first, p)
		n, err := c.parts.WriteTo(c.TCPConn)
		return max(int(n)-len(c.first), 0), err
	case c.begun || c.gate.fields == "" || !bytes.HasPrefix(p, []byte("HTTP/1.")):
		return c.TCPConn.Write(p)
	}
	c.begun = true
	line := bytes.IndexByte(p, '\n') + 1
	c.first = append(append(append(c.first[:0], p[:line]...), c.gate.fields...), p[line:]...)
	if len(p) == full {
		c.held = true
		return len(p), nil
	}
	return c.flush(len(p))
}

// full is what net/http buffers of an answer. When its buffer is full, more is about to come, and goes with it in one call of the kernel.
const full = 4 << 10

// flush sends the answer's first bytes. It returns n if all is well.
func (c *conn) flush(n int) (int, error) {
	if _, err := c.TCPConn.Write(c.first); err != nil {
		return 0, err
	}
	return n, nil
}

// ReadFrom lets the kernel copy files.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	if c.held {
		c.held = false
		if _, err := c.flush(0); err != nil {
			return 0, err
		}
	}
	return c.TCPConn.ReadFrom(r)
}

// below returns the gate's connection under another, or nil.
func below(c net.Conn) *conn {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = t.NetConn()
	}
	own, _ := c.(*conn)
	return own
}

// followed tells a server's connections when they are being answered.
func followed(server *http.Server) {
	type key struct{}
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, key{}, below(c)) }
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if own := below(c); own != nil && state == http.StateIdle {
			own.begun = false
			own.busy.Store(false)
		}
	}
	h := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Value(key{}).(*conn).busy.Store(true)
		h.ServeHTTP(w, r)
	})
}
