// Package blob holds bytes that stay in the browser, and fetches them from the server.
//
// Outside js/wasm the bytes are Go's, so that what moves them is tested without a browser, and nothing is fetched.
package blob

import "fmt"

// tooLong is the error of what unpacks to more than was agreed.
func tooLong(limit int) error { return fmt.Errorf("blob: it unpacks to over %d bytes", limit) }
