// Command importer converts published models in the browser: the program that web/worker.js starts in a worker of its own when somebody imports,
// built as web/import.wasm.
package main

import "reverie/app/intake"

func main() { intake.ServePage() }
