package wire

import "syscall/js"

// File is one that the person chose, in the browser's keeping: a Blob. It travels without being read.
type File struct{ JS js.Value }
