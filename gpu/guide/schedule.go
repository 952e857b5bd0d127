package guide

import (
	"math"

	"reverie/recipe"
)

// Plateau is what a run knows of its losses: whether they still fall. It is told the loss of each update and looks at it one update later than
// it could, always, so that the same script does the same however fast losses come back.
type Plateau struct {
	Best   float64   `json:"best"`            // the least loss that was looked at
	Since  int       `json:"since"`           // updates since then, or since the last drop
	Drops  int       `json:"drops"`           // how often the rate was halved
	Looked int       `json:"looked"`          // losses that were looked at
	Heard  []float64 `json:"heard,omitempty"` // those that are still to be
}

// improvement is how much smaller than the best a loss must be to count as better, as in PyTorch's ReduceLROnPlateau.
const improvement = 1e-4

// hear takes the loss of the next update.
func (p *Plateau) hear(loss float64) { p.Heard = append(p.Heard, loss) }

// look takes into account the losses that are surely known before update number step, from 0. After patience updates without a better one the
// rate drops.
func (p *Plateau) look(step, patience int) {
	for p.Looked < step-(MostSubmitted-1) && len(p.Heard) > 0 {
		loss := p.Heard[0]
		p.Heard = p.Heard[1:]
		if p.Looked == 0 || loss < p.Best-improvement*math.Abs(p.Best) {
			p.Best, p.Since = loss, 0
		} else if p.Since++; p.Since > patience {
			p.Drops, p.Since = p.Drops+1, 0
		}
		p.Looked++
	}
}

// The numbers of the schedules.
const (
	dropTo     = 0.1 // what a drop leaves of the rate: pixray's
	plateauTo  = 0.5 // and what a plateau does
	stopsAfter = 3   // drops for which an endless plateau is waited for
)

// rate is the learning rate of the update after step updates, which is made by a recipe.
func (s *Session) rate(r recipe.Recipe, step int) float64 {
	rate, share := recipe.LearningRate.In(r), min(1, float64(step)/float64(max(1, recipe.Steps.In(r))))
	switch recipe.RateSchedule.In(r) {
	case "cosine":
		return rate * (1 + math.Cos(math.Pi*share)) / 2
	case "drop":
		for _, percent := range recipe.NumbersOf(recipe.RateDrop.In(r)) {
			if share >= percent/100 {
				rate *= dropTo
			}
		}
	case "plateau":
		return rate * math.Pow(plateauTo, float64(s.plateau.Drops))
	}
	return rate
}

// stopped says that the run ends because its loss does not fall any more.
func (s *Session) stopped() bool {
	return recipe.AutoStop.In(s.now) && s.plateau.Drops >= stopsAfter
}
