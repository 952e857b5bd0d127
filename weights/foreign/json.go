package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// JSON decodes one value of JSON into v. Its errors are sentences that say where the text is wrong, or what the file is instead of what
// is wanted ("a configuration").
func JSON(data []byte, v any, wanted string) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors write one
	err := json.Unmarshal(data, v)
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		field := kind.Field
		if field == "" {
			return fmt.Errorf("it holds %s where %s holds something else", inWords(kind.Value), wanted)
		}
		return fmt.Errorf("its %.80s is %s, which does not belong there", field, inWords(kind.Value))
	}
	if text := bytes.TrimSpace(data); len(text) == 0 || text[0] != '{' {
		if other := RecogniseText(data[:min(len(data), HeadSize)], wanted+" in JSON"); other != nil {
			return other
		}
	}
	if !errors.As(err, &syntax) {
		return err // of a type that reads itself, in words of ours
	}
	line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
	if int(syntax.Offset) >= len(data) {
		return fmt.Errorf("it is not %s in JSON: line %d, its last, cannot be understood; it may have been cut short", wanted, line)
	}
	return fmt.Errorf("it is not %s in JSON: line %d cannot be understood", wanted, line)
}

// inWords turns what encoding/json found ("number 1e99", "array") into words.
func inWords(found string) string {
	kind, value, _ := strings.Cut(found, " ")
	words := map[string]string{"array": "a list", "object": "a mapping", "string": "a text", "bool": "true or false", "number": "a number"}[kind]
	if words == "" {
		words = "something else"
	}
	if value != "" {
		return fmt.Sprintf("%s (%.40s)", words, value)
	}
	return words
}
