package foreign

import (
	"fmt"
	"strconv"
	"strings"
)

// YAML turns the error of a library that reads YAML into a sentence that keeps of it the line, where it names one.
func YAML(err error, wanted string) error {
	_, after, _ := strings.Cut(err.Error(), "line ")
	line, _, _ := strings.Cut(after, ":")
	if _, err := strconv.Atoi(line); err != nil {
		return fmt.Errorf("it is not %s in YAML", wanted)
	}
	return fmt.Errorf("it is not %s in YAML: line %s or the one before cannot be understood", wanted, line)
}
