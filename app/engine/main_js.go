// Command engine computes: the program that web/worker.js starts in a worker of the page, built as web/engine.wasm.
package main

import "reverie/app/worker"

func main() { worker.ServePage() }
