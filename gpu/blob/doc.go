// Package blob holds bytes that stay in the browser, and fetches them from the server.
//
// Outside js/wasm the bytes are Go's, so that what moves them is tested without a browser, and nothing is fetched.
package blob
