//go:build !js

package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// bidi is a connection to a browser that speaks WebDriver BiDi (www.w3.org/TR/webdriver-bidi): commands, which are answered in any order, and
// events. Any number of goroutines may use it.
type bidi struct {
	socket *websocket.Conn
	event  func(method string, params json.RawMessage) // must not block
	over   chan struct{}                               // closed when the connection has ended

	mu      sync.Mutex
	last    int
	answers map[int]chan bidiAnswer
}

// slowest is how long a command may take: on a busy machine a page takes its time to load.
const slowest = 2 * time.Minute

// bidiAnswer is what comes from the browser: the answer to a command, with its number, or an event.
type bidiAnswer struct {
	ID      int             `json:"id"`
	Type    string          `json:"type"` // success, error or event
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// dialBidi connects to the WebSocket at url.
func dialBidi(url string, event func(method string, params json.RawMessage)) (*bidi, error) {
	socket, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	b := &bidi{socket: socket, event: event, over: make(chan struct{}), answers: map[int]chan bidiAnswer{}}
	go b.listen()
	return b, nil
}

func (b *bidi) listen() {
	defer close(b.over)
	for {
		var a bidiAnswer
		if err := b.socket.ReadJSON(&a); err != nil {
			return
		}
		if a.Type == "event" {
			b.event(a.Method, a.Params)
			continue
		}
		b.mu.Lock()
		if answer := b.answers[a.ID]; answer != nil {
			answer <- a
			delete(b.answers, a.ID)
		}
		b.mu.Unlock()
	}
}

// send gives a command and waits for its answer, which goes to result unless that is nil.
func (b *bidi) send(method string, params any, result any) error {
	answer := make(chan bidiAnswer, 1)
	b.mu.Lock()
	b.last++
	b.answers[b.last] = answer
	err := b.socket.WriteJSON(map[string]any{"id": b.last, "method": method, "params": params})
	b.mu.Unlock()
	if err != nil {
		return fmt.Errorf("driver: %s: %w", method, err)
	}
	select {
	case <-time.After(slowest):
		return fmt.Errorf("driver: %s: the browser does not answer", method)
	case a := <-answer:
		if a.Type != "success" {
			return fmt.Errorf("driver: %s: %s: %s", method, a.Error, a.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(a.Result, result)
	case <-b.over:
		return errors.New("driver: the browser ended")
	}
}
