// Package jsx is the small layer over syscall/js that the browser parts share: awaiting promises, turning exceptions into
// errors, and moving bytes. Only gpu, gpu/blob, gpu/store, app/encode, app/film, app/imports, app/intake, app/picture, app/protocol, app/wire, app/worker and app/ui see JavaScript values; everything else
// stays plain Go.
//
// Outside js/wasm the package is empty, so that its importers need no tag of their own to be listed and vetted.
package jsx
