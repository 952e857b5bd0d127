package recipe

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limits of a mask, and of all masks of a list of regions together.
const (
	MaxShapes  = 1000
	maxNumbers = 20000
)

// Mask is a part of a picture with soft edges: its shapes one after another, each added or taken away.
type Mask []Shape

// Shape is a rectangle or a stroke of a brush. Places are shares of the picture's width and height from the upper left corner, and may lie
// beyond its edges; lengths are shares of its shorter side. All are kept to thousandths.
type Shape struct {
	Rectangle []float64 `json:"rectangle,omitempty"` // left, top, right, bottom
	Stroke    []float64 `json:"stroke,omitempty"`    // x and y of each point
	Radius    float64   `json:"radius,omitempty"`    // of a stroke
	Softness  float64   `json:"softness,omitempty"`  // the width of the edge, over which the mask falls from 1 to 0
	Erase     bool      `json:"erase,omitempty"`     // takes the shape away
}

// Region is where in the picture a prompt pulls: the prompt's number counts the parts of its phase from 0, and then the image prompts.
type Region struct {
	Prompt int  `json:"prompt"`
	Mask   Mask `json:"mask"`
}

// UnmarshalJSON reads a list of shapes, or a mask as text.
func (m *Mask) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		return json.Unmarshal(b, (*[]Shape)(m))
	}
	parsed, err := parseMask(text)
	*m = parsed
	return err
}

// At is how much of the point (x, y), in shares of the picture's sides, belongs to the mask: from 0 to 1. The picture has that shape.
func (m Mask) At(x, y float64, width, height int) float64 {
	unit := float64(min(width, height))
	sx, sy := float64(width)/unit, float64(height)/unit
	value := 0.0
	for _, s := range m {
		v := s.edge(s.inside(x*sx, y*sy, sx, sy))
		if s.Erase {
			value = min(value, 1-v)
		} else {
			value = max(value, v)
		}
	}
	return value
}

// inside is how far a point lies within the shape, in shares of the shorter side, of which sx and sy make the picture's sides.
func (s Shape) inside(x, y, sx, sy float64) float64 {
	if r := s.Rectangle; len(r) == 4 {
		return min(x-r[0]*sx, r[2]*sx-x, y-r[1]*sy, r[3]*sy-y)
	}
	nearest := math.Inf(1)
	for i := 0; i+1 < len(s.Stroke); i += 2 {
		from := max(0, i-2)
		nearest = min(nearest, toSegment(x, y, s.Stroke[from]*sx, s.Stroke[from+1]*sy, s.Stroke[i]*sx, s.Stroke[i+1]*sy))
	}
	return s.Radius - nearest
}

// toSegment is the distance of a point from the line between two others.
func toSegment(x, y, ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	share := 0.0
	if square := dx*dx + dy*dy; square > 0 {
		share = max(0, min(1, ((x-ax)*dx+(y-ay)*dy)/square))
	}
	return math.Hypot(x-ax-share*dx, y-ay-share*dy)
}

// edge is the mask so far within the shape: a line from 0 to 1 across the edge.
func (s Shape) edge(inside float64) float64 {
	if s.Softness <= 0 {
		if inside >= 0 {
			return 1
		}
		return 0
	}
	return max(0, min(1, 0.5+inside/s.Softness))
}

// Area is a kind of masks, of type Mask. As text shapes are separated by dots and numbers, thousandths, by underscores, so that links hold
// them as they are: r, left, top, right, bottom, softness or s, radius, softness, x, y, x, y…, with an e before what is taken away. A half of the
// picture may be written as its name, with the softness if it has some: left_100.
type Area struct{}

var errMask = errors.New("write shapes like r0_0_500_1000_100: left, top, right, bottom and softness in thousandths; or left, right, top or bottom for a half")

// halves are those of a picture. They reach so far beyond its other edges that only the line between them is soft.
var halves = map[string][]float64{"left": {-1, -1, 0.5, 2}, "right": {0.5, -1, 2, 2}, "top": {-1, -1, 2, 0.5}, "bottom": {-1, 0.5, 2, 2}}

func (Area) Parse(text string) (any, error) { return parseMask(text) }
func (Area) Format(v any) string            { return v.(Mask).format() }

func (Area) decode(b json.RawMessage) (any, error) {
	m, err := decodeAs[Mask](b)
	if err == nil && len(m.(Mask)) == 0 {
		return Mask(nil), nil
	}
	return m, err
}

func (Area) encode(v any) any { return append(Mask{}, v.(Mask)...) } // none is [], for null is no value

func (Area) check(o *Option, v any) (any, string, error) {
	numbers := 0
	m, err := v.(Mask).checked(o, &numbers)
	return m, "", err
}

func (Area) schema() map[string]any {
	numbers := map[string]any{"type": "array", "items": map[string]any{"type": "number"}}
	length := map[string]any{"type": "number", "minimum": 0, "maximum": 1}
	return map[string]any{"type": "array", "maxItems": MaxShapes, "items": map[string]any{"type": "object", "properties": map[string]any{
		"rectangle": numbers, "stroke": numbers, "radius": length, "softness": length, "erase": map[string]any{"type": "boolean"}}}}
}

func parseMask(text string) (Mask, error) {
	if text = strings.TrimSpace(text); text == "" {
		return nil, nil
	}
	var m Mask
	for _, part := range strings.Split(text, ".") {
		s := Shape{}
		part, s.Erase = strings.CutPrefix(part, "e")
		if part == "" {
			return nil, errMask
		}
		name, softness, _ := strings.Cut(part, "_")
		if half, ok := halves[name]; ok {
			part = "r" + thousandfold(half) + "_" + cmp.Or(softness, "0")
		}
		var numbers []float64
		for _, word := range strings.Split(part[1:], "_") {
			n, err := strconv.ParseInt(word, 10, 32)
			if err != nil {
				return nil, errMask
			}
			numbers = append(numbers, float64(n)/1000)
		}
		switch n := len(numbers); {
		case part[0] == 'r' && n == 5:
			s.Rectangle, s.Softness = numbers[:4:4], numbers[4]
		case part[0] == 's' && n >= 4 && n%2 == 0:
			s.Radius, s.Softness, s.Stroke = numbers[0], numbers[1], numbers[2:]
		default:
			return nil, errMask
		}
		m = append(m, s)
	}
	return m, nil
}

func (m Mask) format() string {
	var b strings.Builder
	for i, s := range m {
		if i > 0 {
			b.WriteByte('.')
		}
		if s.Erase {
			b.WriteByte('e')
		}
		numbers := append(append([]float64{}, s.Rectangle...), s.Softness)
		kind := byte('r')
		if len(s.Stroke) > 0 {
			kind, numbers = 's', append([]float64{s.Radius, s.Softness}, s.Stroke...)
		}
		b.WriteByte(kind)
		b.WriteString(thousandfold(numbers))
	}
	return b.String()
}

// thousandfold are numbers in thousandths, with underscores between.
func thousandfold(numbers []float64) string {
	var words []string
	for _, n := range numbers {
		words = append(words, strconv.Itoa(thousandths(n)))
	}
	return strings.Join(words, "_")
}

func thousandths(n float64) int { return int(math.Round(1000 * n)) }

// checked is the mask in thousandths, if it is one. Numbers counts those of several masks.
func (m Mask) checked(o *Option, numbers *int) (Mask, error) {
	var valid Mask
	for _, s := range m {
		*numbers += len(s.Rectangle) + len(s.Stroke)
		if len(m) > MaxShapes || *numbers > maxNumbers {
			return m, fmt.Errorf("The %s is drawn with more than %d strokes or %d numbers: draw it with fewer.", o.noun(), MaxShapes, maxNumbers)
		}
		rectangle := len(s.Rectangle) == 4 && len(s.Stroke) == 0
		if !rectangle && (len(s.Rectangle) > 0 || len(s.Stroke) < 2 || len(s.Stroke)%2 > 0) {
			return m, fmt.Errorf("A shape of the %s is neither a rectangle of four numbers nor a stroke of pairs: write one of them.", o.noun())
		}
		s.Rectangle, s.Stroke = rounded(s.Rectangle), rounded(s.Stroke)
		s.Radius, s.Softness = rounded([]float64{max(0, s.Radius)})[0], rounded([]float64{max(0, s.Softness)})[0]
		valid = append(valid, s)
	}
	return valid, nil
}

// rounded are numbers in thousandths, at most one picture beyond the edges.
func rounded(list []float64) []float64 {
	var out []float64
	for _, n := range list {
		out = append(out, float64(thousandths(max(-1, min(2, n))))/1000)
	}
	return out
}

// RegionList is a kind of lists of regions, of type []Region. As text each is its prompt's number and its mask; a tilde separates them.
type RegionList struct{}

func (RegionList) Parse(text string) (any, error) {
	var list []Region
	if text = strings.TrimSpace(text); text == "" {
		return list, nil
	}
	for _, part := range strings.Split(text, "~") {
		digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
		n, err := strconv.ParseInt(part[:digits], 10, 32)
		if err != nil {
			return nil, errors.New("write regions like 0r0_0_500_1000_100: a prompt's number, from 0, and its shapes")
		}
		m, err := parseMask(part[digits:])
		if err != nil {
			return nil, err
		}
		list = append(list, Region{int(n), m})
	}
	return list, nil
}

func (RegionList) Format(v any) string {
	var parts []string
	for _, r := range v.([]Region) {
		parts = append(parts, strconv.Itoa(r.Prompt)+r.Mask.format())
	}
	return strings.Join(parts, "~")
}

func (RegionList) decode(b json.RawMessage) (any, error) {
	list, err := decodeAs[[]Region](b)
	if err == nil && len(list.([]Region)) == 0 {
		return []Region(nil), nil
	}
	return list, err
}

func (RegionList) encode(v any) any { return append([]Region{}, v.([]Region)...) }

func (RegionList) check(o *Option, v any) (any, string, error) {
	var valid []Region
	seen, numbers := map[int]bool{}, 0
	for _, r := range v.([]Region) {
		if r.Prompt < 0 || r.Prompt >= MaxParts {
			return v, "", fmt.Errorf("A region is of prompt %d: count prompts from 0 to %d.", r.Prompt, MaxParts-1)
		}
		if seen[r.Prompt] {
			return v, "", fmt.Errorf("Prompt %d has two regions: draw both into one.", r.Prompt)
		}
		seen[r.Prompt] = true
		m, err := r.Mask.checked(o, &numbers)
		if err != nil {
			return v, "", err
		}
		valid = append(valid, Region{r.Prompt, m})
	}
	return valid, "", nil
}

func (RegionList) schema() map[string]any {
	return map[string]any{"type": "array", "maxItems": MaxParts, "items": map[string]any{"type": "object", "required": []string{"prompt", "mask"},
		"properties": map[string]any{"prompt": map[string]any{"type": "integer", "minimum": 0}, "mask": Area{}.schema()}}}
}
