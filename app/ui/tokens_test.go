package ui

import (
	"reflect"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
)

// The tokens of all texts are asked for once, and the longest is told beside what the model reads.
func TestTokens(t *testing.T) {
	s := idle(t)
	write(s, recipe.Prompt, "a red apple:2 | fog:-0.5 ^ a tree")
	m, ok := s.Count("/weights/")
	asked, _ := m.(protocol.Count)
	if !ok || asked.Model != "mini" || asked.Base != "/weights/" || !reflect.DeepEqual(asked.Texts, []string{"a red apple", "fog", "a tree"}) {
		t.Fatalf("it asks for %+v", m)
	}
	write(s, recipe.Prompt, "a red apple:3 | fog:-0.5 ^ a tree")
	if m, ok := s.Count("/weights/"); ok {
		t.Errorf("other weights ask for %+v", m)
	}
	s.Receive(protocol.Counted{ID: asked.ID, Tokens: []int{3, 1, 2}, Limit: 14}, start)
	if short, sentence, over := s.tokensText(); short != "3 / 14" || sentence != "The prompt’s longest text has 3 tokens, and the model reads 14." || over {
		t.Errorf("it tells %q, %q, %t", short, sentence, over)
	}
	write(s, recipe.Prompt, "one text")
	m, _ = s.Count("/weights/")
	s.Receive(protocol.Counted{ID: asked.ID, Tokens: []int{5}, Limit: 14}, start)
	if short, _, _ := s.tokensText(); short != "3 / 14" {
		t.Errorf("a late answer is told: %q", short)
	}
	s.Receive(protocol.Counted{ID: m.(protocol.Count).ID, Tokens: []int{15}, Limit: 14}, start)
	if short, sentence, over := s.tokensText(); short != "15 / 14" || sentence != "The prompt has 15 tokens, and the model reads 14: what comes after that has no effect." || !over {
		t.Errorf("too long a prompt tells %q, %q, %t", short, sentence, over)
	}
	write(s, recipe.Prompt, " ")
	if m, ok := s.Count("/weights/"); ok {
		t.Errorf("an empty prompt asks for %+v", m)
	}
	if short, _, _ := s.tokensText(); short != "" {
		t.Errorf("and is told as %q", short)
	}
}
