//go:build !js

package encode

import "context"

// openCodec: only browsers have WebCodecs.
func openCodec(context.Context, config) (codec, error) { return nil, errUnsupported }
