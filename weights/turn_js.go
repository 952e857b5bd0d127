package weights

import "time"

// giveTurn lets the browser's event loop turn, which runs only while Go waits: messages come in, and the page sees that the worker lives.
func giveTurn() { time.Sleep(time.Millisecond) }
