//go:build !js

package driver

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// fakeBrowser answers "double" with twice its number, "late" only when the next command is answered, and "refuse" with an error; before each answer
// comes an event. It ends the connection at "end".
func fakeBrowser(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer socket.Close()
		var late any
		for {
			var c struct {
				ID     int
				Method string
				Params struct{ N int }
			}
			if socket.ReadJSON(&c) != nil || c.Method == "end" {
				return
			}
			socket.WriteJSON(map[string]any{"type": "event", "method": "heard", "params": c.Method})
			answer := map[string]any{"id": c.ID, "type": "success", "result": 2 * c.Params.N}
			switch c.Method {
			case "late":
				late = answer
				continue
			case "refuse":
				answer = map[string]any{"id": c.ID, "type": "error", "error": "no such thing", "message": "there is none"}
			}
			socket.WriteJSON(answer)
			if late != nil {
				socket.WriteJSON(late)
				late = nil
			}
		}
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func TestBidi(t *testing.T) {
	heard := make(chan string, 10)
	b, err := dialBidi(fakeBrowser(t), func(method string, params json.RawMessage) { heard <- method + " " + string(params) })
	if err != nil {
		t.Fatal(err)
	}
	type number struct{ N int }
	late := make(chan int)
	go func() {
		var n int
		if err := b.send("late", number{5}, &n); err != nil {
			t.Error(err)
		}
		late <- n
	}()
	if event := <-heard; event != `heard "late"` {
		t.Errorf("the event is %s", event)
	}
	var n int
	if err := b.send("double", number{21}, &n); err != nil || n != 42 {
		t.Errorf("%d, %v", n, err)
	}
	if n := <-late; n != 10 {
		t.Errorf("the late answer is %d", n)
	}
	if err := b.send("refuse", number{}, nil); err == nil || err.Error() != "driver: refuse: no such thing: there is none" {
		t.Errorf("a refusal is %v", err)
	}
	if err := b.send("end", number{}, nil); err == nil || !strings.Contains(err.Error(), "the browser ended") {
		t.Errorf("the end is %v", err)
	}
	<-b.over
}
