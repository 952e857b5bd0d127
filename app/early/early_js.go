package early

import "reverie/gpu/jsx"

func init() { jsx.Turn() }
