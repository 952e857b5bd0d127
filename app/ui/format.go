package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"reverie/recipe"
)

// clock writes a duration as people read it: 0:07, 1:23, 2:03:04.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// pace writes the time of one step.
func pace(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf(paceMilliseconds, float64(d)/float64(time.Millisecond))
	case d < 10*time.Second:
		return fmt.Sprintf(paceExact, d.Seconds())
	}
	return fmt.Sprintf(paceSeconds, d.Seconds())
}

// byteCount writes a number of bytes in MB, or GB where that is shorter.
func byteCount(n int64) string {
	switch mb := float64(n) / 1e6; {
	case n > 0 && mb < 0.1:
		return fmt.Sprintf("%d kB", max(1, n/1000))
	case mb < 10:
		return fmt.Sprintf("%.1f MB", mb)
	case mb < 1000:
		return fmt.Sprintf("%.0f MB", mb)
	default:
		return fmt.Sprintf("%.1f GB", mb/1000)
	}
}

// maxSlug is the longest prompt's part of a file name.
const maxSlug = 48

// fileName is the name under which a run's picture is saved: the prompt in letters and digits, the seed, the steps made.
func fileName(r recipe.Recipe, steps int) string {
	var b strings.Builder
	for _, r := range strings.ToLower(recipe.Prompt.In(r)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= maxSlug {
			break
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == "" {
		slug = "reverie"
	}
	return fmt.Sprintf("%s_%d_%d.png", slug, recipe.Seed.In(r), steps)
}

// count writes a number of things: "1 step", "2 steps".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
