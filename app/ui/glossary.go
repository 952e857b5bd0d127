package ui

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Entry is what the glossary says of a term.
type Entry struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// parseGlossary reads web/glossary.json.
func parseGlossary(data []byte) (list []Entry, err error) {
	if err = json.Unmarshal(data, &list); err != nil {
		err = fmt.Errorf("ui: the glossary: %w", err)
	}
	return list, err
}

// piece is a part of a text: a term's word, or what lies between.
type piece struct {
	Text  string
	Term  string // its ID, or ""
	After string // what follows a term up to the next space, and must not begin a line
}

// pieces finds the terms of a text, each where it stands first.
func pieces(text string) []piece {
	var list []piece
	found := map[string]bool{}
	for text != "" {
		at, length, id := len(text), 0, ""
		for _, t := range terms {
			if found[t.ID] {
				continue
			}
			for _, word := range t.Words {
				if i := indexWord(text, word); i >= 0 && (i < at || i == at && len(word) > length) {
					at, length, id = i, len(word), t.ID
				}
			}
		}
		if at > 0 {
			list = append(list, piece{Text: text[:at]})
		}
		rest := text[at+length:]
		if id != "" {
			after, _, _ := strings.Cut(rest, " ")
			list = append(list, piece{text[at : at+length], id, after})
			found[id] = true
			rest = rest[len(after):]
		}
		text = rest
	}
	return list
}

// indexWord is where a word stands for itself in a text, with a small or a large first letter, or -1.
func indexWord(text, word string) int {
	first, size := utf8.DecodeRuneInString(word)
	for from := 0; ; {
		i := strings.Index(text[from:], word[size:])
		if i < 0 {
			return -1
		}
		begin, end := from+i-size, from+i+len(word)-size
		from += i + 1
		if begin < 0 || unicode.ToLower(rune(text[begin])) != unicode.ToLower(first) || unicode.IsUpper(first) && rune(text[begin]) != first {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:begin])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !unicode.IsLetter(before) && !unicode.IsLetter(after) {
			return begin
		}
	}
}
