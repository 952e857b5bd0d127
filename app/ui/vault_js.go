package ui

import (
	"context"
	"fmt"
	"strings"
	"syscall/js"
	"time"

	"reverie/app/gallery"
	"reverie/gpu/jsx"
)

// runCache is the cache in which the browser keeps a run, and the name before that of the lock which the run's tab holds. The service worker
// leaves it alone.
const runCache = "reverie-run"

// cacheVault is a vault in a cache of the browser. The URLs of its entries lie in a folder that follows the app's.
type cacheVault struct{ name, folder string }

func openVault() gallery.Vault { return cacheVault{runCache, root() + "run/"} }

// picturesVault is where the pictures stay.
func picturesVault() gallery.Vault { return cacheVault{"reverie-pictures", root() + "pictures/"} }

// cache opens the browser's cache. Private windows of some browsers have none.
func (v cacheVault) cache() (js.Value, error) {
	caches := js.Global().Get("caches")
	if caches.IsUndefined() {
		return caches, fmt.Errorf("ui: the browser keeps nothing for pages")
	}
	return jsx.Await(context.Background(), caches.Call("open", v.name))
}

func (v cacheVault) Put(name string, data []byte) error {
	cache, err := v.cache()
	if err != nil {
		return err
	}
	_, err = jsx.Await(context.Background(), cache.Call("put", v.folder+name, js.Global().Get("Response").New(jsx.Bytes(data))))
	return err
}

func (v cacheVault) Get(name string) ([]byte, error) {
	cache, err := v.cache()
	if err != nil {
		return nil, err
	}
	response, err := jsx.Await(context.Background(), cache.Call("match", v.folder+name))
	if err != nil {
		return nil, err
	}
	if response.IsUndefined() {
		return nil, fmt.Errorf("ui: nothing is kept as %s", name)
	}
	buffer, err := jsx.Await(context.Background(), response.Call("arrayBuffer"))
	if err != nil {
		return nil, err
	}
	return jsx.GoBytes(buffer), nil
}

func (v cacheVault) Names() ([]string, error) {
	cache, err := v.cache()
	if err != nil {
		return nil, err
	}
	requests, err := jsx.Await(context.Background(), cache.Call("keys"))
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range requests.Length() {
		if name, ours := strings.CutPrefix(requests.Index(i).Get("url").String(), v.folder); ours {
			names = append(names, name)
		}
	}
	return names, nil
}

func (v cacheVault) Remove(name string) error {
	cache, err := v.cache()
	if err == nil {
		_, err = jsx.Await(context.Background(), cache.Call("delete", v.folder+name))
	}
	return err
}

// lockName is that of the lock which a tab holds whose run is kept.
func lockName() string { return runCache + " " + root() }

var holding bool

// holdRun lets other tabs know that the run which is kept is under way here.
func holdRun() {
	locks := js.Global().Get("navigator").Get("locks")
	if holding || locks.IsUndefined() {
		return
	}
	holding = true
	forever := js.Global().Get("Promise").New(js.FuncOf(func(js.Value, []js.Value) any { return nil }))
	locks.Call("request", lockName(), map[string]any{"mode": "shared"}, js.FuncOf(func(js.Value, []js.Value) any { return forever }))
}

// runsElsewhere says whether the run that is kept is another tab's, which is open. It blocks, for as long as a page that goes may take.
func runsElsewhere() bool {
	const patience, pause = 8, 250 * time.Millisecond
	for range patience {
		if !locked() {
			return false
		}
		time.Sleep(pause)
	}
	return true
}

func locked() bool {
	locks := js.Global().Get("navigator").Get("locks")
	if locks.IsUndefined() {
		return false
	}
	state, err := jsx.Await(context.Background(), locks.Call("query"))
	if err != nil {
		return false
	}
	held := state.Get("held")
	for i := range held.Length() {
		if held.Index(i).Get("name").String() == lockName() {
			return true
		}
	}
	return false
}

// loadText is what storeText has stored under a key, or "".
func loadText(key string) string {
	text, err := jsx.Try(func() js.Value { return js.Global().Get("localStorage").Call("getItem", key+root()) })
	if err != nil || text.IsNull() {
		return ""
	}
	return text.String()
}

// storeText stores a text beyond the page's life. What the browser does not store is lost.
func storeText(key, text string) {
	jsx.Try(func() js.Value { return js.Global().Get("localStorage").Call("setItem", key+root(), text) })
}

// cameBack says whether the page was opened by reloading it or by going back to it, and not by a link.
func cameBack() bool {
	entries := js.Global().Get("performance").Call("getEntriesByType", "navigation")
	if entries.Length() == 0 {
		return false
	}
	kind := entries.Index(0).Get("type").String()
	return kind == "reload" || kind == "back_forward"
}
