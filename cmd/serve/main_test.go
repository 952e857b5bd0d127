package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
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
	} {
		err := run(context.Background(), c.args)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: got %v, want one line with %q", c.args, err, c.want)
		}
	}
}

// A download that is under way must not keep the server from ending.
func TestListenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	address, ended := make(chan net.Addr, 1), make(chan error, 1)
	endless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	go func() { ended <- listen(ctx, "127.0.0.1:0", endless, func(at net.Addr) { address <- at }) }()
	response, err := http.Get("http://" + (<-address).String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience + 5*time.Second):
		t.Error("it does not end")
	}
}

func TestListenTellsWhyItCannot(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = listen(context.Background(), taken.Addr().String(), http.NotFoundHandler(), func(net.Addr) {})
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("got %v, want an error that names the address", err)
	}
}
