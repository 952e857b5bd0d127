// Command export makes films and zips: the program that web/worker.js starts in a worker of its own when somebody exports, built as web/export.wasm.
package main

import "reverie/app/encode"

func main() { encode.ServePage() }
