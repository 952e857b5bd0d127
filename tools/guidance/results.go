package main

import (
	"fmt"
	"io"
	"math"
)

// record is a line of results.jsonl: one judged picture.
type record struct {
	Variant string  `json:"variant"`
	Key     string  `json:"key"`
	Picture string  `json:"picture"` // names prompt and seed
	Prompt  string  `json:"prompt"`
	Seed    uint64  `json:"seed"`
	Steps   int     `json:"steps"`
	Cutouts int     `json:"cutouts"`
	GFLOP   float64 `json:"gflop"`
	Seconds float64 `json:"seconds"` // painting, with what comes before the first step
	Loss    float64 `json:"loss"`    // of the last step
	Adapter string  `json:"adapter"`
	Judge   string  `json:"judge"` // names its weights
	Rank    int     `json:"rank"`  // of the prompt among all, from 1
	Score   float64 `json:"score"` // cosine of picture and prompt
}

// estimate is a mean with the half width of its 95 % confidence interval.
type estimate struct{ mean, half float64 }

// z95 is the normal distribution's quantile of 97.5 %.
const z95 = 1.959964

// meanOf estimates the mean of the values, by the normal distribution of means.
func meanOf(values []float64) estimate {
	n := float64(len(values))
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	e := estimate{mean: sum / n}
	squares := 0.0
	for _, v := range values {
		squares += (v - e.mean) * (v - e.mean)
	}
	if n > 1 {
		e.half = z95 * math.Sqrt(squares/(n-1)/n)
	} else {
		e.half = math.Inf(1)
	}
	return e
}

// wilson is the 95 % confidence interval of a share of which hits of n were seen (Wilson 1927).
func wilson(hits, n int) (low, high float64) {
	p, m := float64(hits)/float64(n), float64(n)
	z := z95 * z95
	middle, half := p+z/(2*m), z95*math.Sqrt(p*(1-p)/m+z/(4*m*m))
	return (middle - half) / (1 + z/m), (middle + half) / (1 + z/m)
}

func first(r record) float64 {
	if r.Rank == 1 {
		return 1
	}
	return 0
}

// paired are the differences of a measure between records of the same picture names.
func paired(of func(record) float64, a, b map[string]record) []float64 {
	var out []float64
	for name, r := range a {
		if other, ok := b[name]; ok {
			out = append(out, of(r)-of(other))
		}
	}
	return out
}

// printTable prints a line of each plan that has records, against the default's on the same prompts and seeds.
func printTable(out io.Writer, plans []plan, records map[string]map[string]record) {
	fmt.Fprintln(out, "| variant | cutouts × steps | pictures | top-1, % | against the default | score | against the default | seconds a picture |")
	fmt.Fprintln(out, "| --- | --- | ---: | --- | --- | ---: | --- | ---: |")
	var reference map[string]record
	for _, p := range plans {
		if p.name == base {
			reference = records[p.Key]
		}
	}
	for _, p := range plans {
		own := records[p.Key]
		if len(own) == 0 {
			continue
		}
		hits, seconds, scores := 0, 0.0, []float64(nil)
		for _, r := range own {
			hits += int(first(r))
			seconds += r.Seconds
			scores = append(scores, r.Score)
		}
		low, high := wilson(hits, len(own))
		top, score := "", ""
		if p.name != base && len(reference) > 0 {
			top, score = against(paired(first, own, reference), 100, "%+.0f ± %.0f"), against(paired(func(r record) float64 { return r.Score }, own, reference), 1, "%+.3f ± %.3f")
		}
		fmt.Fprintf(out, "| %s | %s | %d | %.0f (%.0f – %.0f) | %s | %.3f | %s | %.1f |\n", p.name, p.shape(), len(own), 100*float64(hits)/float64(len(own)), 100*low, 100*high,
			top, meanOf(scores).mean, score, seconds/float64(len(own)))
	}
}

func against(differences []float64, unit float64, format string) string {
	if len(differences) < 2 {
		return ""
	}
	e := meanOf(differences)
	return fmt.Sprintf(format, unit*e.mean, unit*e.half)
}

// shape tells how a plan spends its work.
func (p plan) shape() string {
	text := ""
	for i, s := range p.Stages {
		if i > 0 {
			text += ", then "
		}
		text += fmt.Sprintf("%d × %d", s.Cuts, s.Steps)
		if len(p.Stages) > 1 {
			text += fmt.Sprintf(" at %d²", s.Side)
		}
	}
	return text
}
