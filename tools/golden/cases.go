// Command golden holds the engine against reference tensors that PyTorch computed.
//
//	go run ./tools/golden -dir DIR
//
// converts the checkpoints of a golden folder at f32, runs every case of golden.json through the real engine in a browser, and
// prints "name maxabs maxrel ok|FAIL" per tensor. It exits 1 when any fails.
//
// The program is built twice: natively it is the driver that converts and serves, for js/wasm the runner inside the browser.
package main

import (
	"encoding/json"
	"strings"
)

// golden is golden.json.
type golden struct {
	Arrays map[string]arrayInfo `json:"arrays"`
	Cases  map[string]goldenCase
	SHA256 map[string]string `json:"sha256"`
}

type arrayInfo struct {
	Shape []int   `json:"shape"`
	Max   float64 `json:"max"`
	Noise float64 `json:"noise"` // what a float32 run of the reference differs by
}

// goldenCase is the union of the cases of all kinds.
type goldenCase struct {
	Kind  string   `json:"kind"`
	Files []string `json:"files"`
	Heads []*int   `json:"heads"`

	PromptCases [][2]*float64 `json:"prompt_cases_weight_stop"` // unit
	AdamLR      float64       `json:"adam_lr"`

	Texts []string `json:"texts"` // clip

	Cut       int       `json:"cut"` // cutouts
	BoxList   []*[3]int `json:"boxes_size_x_y"`
	CutMethod string    `json:"cut_method"` // loop

	ZHW               [2]int            `json:"z_hw"`
	LR                float64           `json:"lr"`
	Steps             int               `json:"steps"`
	Prompts           []json.RawMessage `json:"prompts"` // [text, weight, stop]
	Init              []json.RawMessage `json:"init"`    // [kind, weight]
	ImagePromptBoxes  []*[3]int         `json:"image_prompt_boxes"`
	ImagePromptWeight []float64         `json:"image_prompt_weight"`
	Betas             [2]float64        `json:"betas"`
	Eps               float64           `json:"eps"`
}

// prompt is one entry of Prompts.
type prompt struct {
	text   string
	weight float64
	stop   *float64
}

func (p *prompt) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&p.text, &p.weight, &p.stop})
}

// tokenFile is tokens.json.
type tokenFile struct {
	Tokens []struct {
		Text         string  `json:"text"`
		IDs          []int32 `json:"ids"`
		SameWithTidy bool    `json:"same_with_tidy"`
	} `json:"tokens"`
}

// vocabFile is CLIP's merges in a golden folder.
const vocabFile = "bpe_simple_vocab_16e6.txt.gz"

// modelFolder is where the driver puts a converted checkpoint and the runner finds it.
func modelFolder(file string) string { return strings.NewReplacer("/", "_", "\\", "_").Replace(file) }
