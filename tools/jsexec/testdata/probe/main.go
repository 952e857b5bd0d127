// Command probe does one small thing per argument, so that jsexec's tests can see what a program can do in it.
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall/js"
)

func main() {
	switch os.Args[1] {
	case "echo":
		fmt.Println(strings.Join(os.Args[2:], "|"))
		fmt.Fprintln(os.Stderr, os.Getenv("GPU_PROBE")+os.Getenv("OTHER_PROBE"))
	case "exit":
		os.Exit(7)
	case "panic":
		panic("on purpose")
	case "read":
		b, err := os.ReadFile(os.Args[2])
		entries, dirErr := os.ReadDir(".")
		fmt.Println(string(b), err, len(entries) > 0, dirErr)
	case "write":
		fmt.Println(os.WriteFile("new.txt", nil, 0o600))
	case "fetch":
		fmt.Println(await(await(js.Global().Call("fetch", os.Args[2])).Call("text")))
	case "import":
		fmt.Println(await(js.Global().Call("importModule", os.Args[2])).Get("word"))
	case "adapter":
		adapter := await(js.Global().Get("navigator").Get("gpu").Call("requestAdapter"))
		fmt.Println(!adapter.IsNull(), js.Global().Get("crossOriginIsolated"))
	case "hang":
		fmt.Println("hanging")
		select {}
	}
}

func await(promise js.Value) js.Value {
	done := make(chan js.Value)
	promise.Call("then", js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- args[0]
		return nil
	}))
	return <-done
}
