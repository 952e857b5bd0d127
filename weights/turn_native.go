//go:build !js

package weights

// giveTurn does nothing where others need no turn.
func giveTurn() {}
