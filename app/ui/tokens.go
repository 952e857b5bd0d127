package ui

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// tokens is how many tokens the texts of the prompt have, as the model's tokeniser tells.
type tokens struct {
	asked string // what the newest question was about
	id    int
	told  *protocol.Counted // its answer
}

// Count asks for the tokens of the prompt's texts, if they are not known yet. Of a model that has to be downloaded nothing is asked.
func (s *State) Count(base string) (protocol.Message, bool) {
	model := s.Form.Model()
	phases, err := prompt.Parse(s.Form.Text(recipe.Prompt.Option))
	if s.Phase <= Broken || err != nil || s.needsDownload(model) {
		s.tokens.asked, s.tokens.told = "", nil
		return nil, false
	}
	var texts []string
	for _, phase := range phases {
		for _, part := range phase {
			texts = append(texts, part.Text)
		}
	}
	asked := model + "\n" + strings.Join(texts, "\n")
	if asked == s.tokens.asked {
		return nil, false
	}
	s.tokens.id++
	s.tokens.asked = asked
	return protocol.Count{ID: s.tokens.id, Base: base, Model: model, Texts: texts}, true
}

// counted takes the answer, unless there is a newer question.
func (s *State) counted(m protocol.Counted) {
	if m.ID == s.tokens.id && s.tokens.asked != "" {
		s.tokens.told = &m
	}
}

// tokensText tells the tokens of the prompt's longest text and how many the model reads, short and in a sentence; over says that it does not read
// all. Nothing is told while nothing is known.
func (s *State) tokensText() (short, sentence string, over bool) {
	m := s.tokens.told
	if m == nil || len(m.Tokens) == 0 {
		return "", "", false
	}
	most := slices.Max(m.Tokens)
	what := promptTokens
	if len(m.Tokens) > 1 {
		what = longestTokens
	}
	sentence = fmt.Sprintf(tokensText, what, count(most, "token"), m.Limit)
	if over = most > m.Limit; over {
		sentence += tokensLost
	}
	return fmt.Sprintf("%d / %d", most, m.Limit), sentence + ".", over
}
