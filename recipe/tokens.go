package recipe

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Tokens are codes of a latent, row by row.
type Tokens struct {
	Columns, Rows int
	Codes         []uint16 // Columns·Rows, or none
}

// TokenGrid is a kind of tokens, of type Tokens. As text, also in JSON, they are 16x16. and the codes in two bytes each, the lower first,
// as base64 for links (RFC 4648, §5).
type TokenGrid struct{}

var errTokens = errors.New("open a picture that carries its tokens, or leave it empty")

func (TokenGrid) Parse(text string) (any, error) {
	if text = strings.TrimSpace(text); text == "" {
		return Tokens{}, nil
	}
	size, codes, _ := strings.Cut(text, ".")
	columns, rows, _ := strings.Cut(size, "x")
	var t Tokens
	var errs [3]error
	var b []byte
	t.Columns, errs[0] = strconv.Atoi(columns)
	t.Rows, errs[1] = strconv.Atoi(rows)
	b, errs[2] = base64.RawURLEncoding.DecodeString(codes)
	if errs != [3]error{} {
		return nil, errTokens
	}
	if min(t.Columns, t.Rows) < 1 || max(t.Columns, t.Rows) > MaxSide || len(b) != 2*t.Columns*t.Rows {
		return nil, errTokens
	}
	for ; len(b) > 0; b = b[2:] {
		t.Codes = append(t.Codes, binary.LittleEndian.Uint16(b))
	}
	return t, nil
}

func (TokenGrid) Format(v any) string {
	t := v.(Tokens)
	if len(t.Codes) == 0 {
		return ""
	}
	var b []byte
	for _, code := range t.Codes {
		b = binary.LittleEndian.AppendUint16(b, code)
	}
	return fmt.Sprintf("%dx%d.%s", t.Columns, t.Rows, base64.RawURLEncoding.EncodeToString(b))
}

func (k TokenGrid) decode(b json.RawMessage) (any, error) {
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (k TokenGrid) encode(v any) any { return k.Format(v) }

func (TokenGrid) check(_ *Option, v any) (any, string, error) {
	if t := v.(Tokens); len(t.Codes) != t.Columns*t.Rows {
		return v, "", fmt.Errorf("The start has %d tokens for %d×%d: take them from one picture.", len(t.Codes), t.Columns, t.Rows)
	}
	return v, "", nil
}

func (TokenGrid) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^([0-9]+x[0-9]+\\.[A-Za-z0-9_-]+)?$"}
}

// Fork is a new run from the tokens that a script's run had after step updates, by what it then went by. It begins at once; to make the
// steps again would take as long as they took and give the latent between the codes, too, so a fork is not the rest of the run. Its steps
// are those that were left.
func (s Script) Fork(step int, tokens Tokens) Script {
	r := s.At(step).With(StartTokens.Is(tokens), InitImage.Is(""), Dream.Is(nil), Coarse.Is(later(Coarse.In(s.At(step)), step)))
	return Script{Recipe: r.With(Steps.Is(max(1, Steps.In(r)-step)))}
}
