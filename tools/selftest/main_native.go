//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "selftest: this runs in a browser; weights selftest DIR starts it there")
	os.Exit(1)
}
