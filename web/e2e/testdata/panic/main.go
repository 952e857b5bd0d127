// Command panic is an engine that fails.
package main

import "fmt"

func main() {
	fmt.Println("about to fail")
	panic("on purpose")
}
