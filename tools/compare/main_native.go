//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "compare: this runs in a browser; weights report -a DIR -b DIR starts it there")
	os.Exit(1)
}
