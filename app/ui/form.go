package ui

import (
	"fmt"
	"strconv"
	"strings"

	"reverie/app/settings"
)

// Form is the settings as a person types them: numbers are text, so that half-typed ones survive. Without a text the learning rate,
// the cut power and the smoothness are the model's.
type Form struct {
	Prompt, Model, Preset, Augment, Precision                                         string
	Width, Height, Steps, Seed, Cutouts, LearningRate, CutPow, Smoothness, InitWeight string

	rest settings.Settings // what has no field of its own
}

// FormOf shows settings in a form.
func FormOf(s settings.Settings) Form {
	return Form{
		Prompt: s.Prompt, Model: s.Model, Preset: s.Preset, Augment: s.Augment, Precision: s.Precision,
		Width: strconv.Itoa(s.Width), Height: strconv.Itoa(s.Height), Steps: strconv.Itoa(s.Steps),
		Seed: strconv.FormatUint(s.Seed, 10), Cutouts: strconv.Itoa(s.Cutouts),
		LearningRate: orNothing(s.LearningRate), CutPow: orNothing(s.CutPow), Smoothness: orNothing(s.Smoothness), InitWeight: number(s.InitWeight),
		rest: s,
	}
}

func orNothing(f *float64) string {
	if f == nil {
		return ""
	}
	return number(*f)
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func parseNumber(text string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSpace(text), 64)
}

// place is one for the number that a field holds, or nil for an empty field.
func place(text string) *float64 {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return new(float64)
}

// Settings reads the form. Its error is a sentence that names the field.
func (f Form) Settings() (settings.Settings, error) {
	s := f.rest
	s.Prompt, s.Model, s.Preset, s.Augment, s.Precision = f.Prompt, f.Model, f.Preset, f.Augment, f.Precision
	for _, field := range []struct {
		label, text string
		to          *int
	}{
		{"Width", f.Width, &s.Width}, {"Height", f.Height, &s.Height}, {"Steps", f.Steps, &s.Steps}, {"Cutouts", f.Cutouts, &s.Cutouts},
	} {
		n, err := strconv.ParseInt(strings.TrimSpace(field.text), 10, 32)
		if err != nil {
			return s, fmt.Errorf("%s is %.20q: write a whole number.", field.label, field.text)
		}
		*field.to = int(n)
	}
	s.LearningRate, s.CutPow, s.Smoothness = place(f.LearningRate), place(f.CutPow), place(f.Smoothness)
	for _, field := range []struct {
		label, text string
		to          *float64
	}{
		{"Learning rate", f.LearningRate, s.LearningRate}, {"Cut power", f.CutPow, s.CutPow}, {"Smoothness", f.Smoothness, s.Smoothness},
		{"Start picture's weight", f.InitWeight, &s.InitWeight},
	} {
		if field.to == nil {
			continue
		}
		n, err := parseNumber(field.text)
		if err != nil {
			return s, fmt.Errorf("%s is %.20q: write a number like 0.1.", field.label, field.text)
		}
		*field.to = n
	}
	var err error
	s.Seed, err = settings.ParseSeed(f.Seed)
	return s, err
}
