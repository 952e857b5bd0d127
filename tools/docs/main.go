// Command docs writes what is made from the tables of options, ours and other tools': docs/options.md and docs/script.schema.json. Run it by make docs.
package main

import (
	"fmt"
	"os"

	"reverie/recipe"
	"reverie/recipe/peers"
)

func main() {
	schema, err := recipe.Schema()
	for path, text := range map[string][]byte{"docs/options.md": []byte(recipe.Markdown() + peers.Markdown()), "docs/script.schema.json": schema} {
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}
