//go:build !js

package gpu

import "context"

// Blob is bytes that stay in the browser; natively there are none.
type Blob struct{}

func Fetch(context.Context, string) (Blob, error)        { return Blob{}, ErrNoWebGPU }
func (b Blob) Len() int                                  { return 0 }
func (b Blob) Bytes() []byte                             { return nil }
func (b Blob) SHA256(context.Context) (string, error)    { return "", ErrNoWebGPU }
func (d *Device) WriteBlob(*Buffer, int, Blob, int, int) { panic(ErrNoWebGPU) }
