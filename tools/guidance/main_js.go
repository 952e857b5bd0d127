package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"time"

	"reverie/gpu"
	"reverie/gpu/blob"
	"reverie/gpu/guide"
	"reverie/recipe"
)

func main() {
	if err := paint(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// paint paints the jobs that the driver serves, and prints each picture in a line.
func paint(ctx context.Context) error {
	d, err := gpu.Open(ctx)
	if err != nil {
		return err
	}
	fmt.Println("adapter:", d.Info())
	list, err := blob.Fetch(ctx, "/jobs/jobs.json")
	if err != nil {
		return err
	}
	var jobs []job
	if err := json.Unmarshal(list.Bytes(), &jobs); err != nil {
		return fmt.Errorf("guidance: %w", err)
	}
	model, err := guide.Load(ctx, d, "/model/", quiet)
	if err != nil {
		return err
	}
	defer model.Close()
	for _, j := range jobs {
		began := time.Now()
		picture, loss, err := run(ctx, model, j)
		if err != nil {
			return fmt.Errorf("guidance: %s: %w", j.Name, err)
		}
		var file bytes.Buffer
		if err := png.Encode(&file, &image.NRGBA{Pix: picture.Pix, Stride: 4 * picture.Width, Rect: image.Rect(0, 0, picture.Width, picture.Height)}); err != nil {
			return err
		}
		fmt.Println(painted, j.Name, time.Since(began).Seconds(), loss, base64.StdEncoding.EncodeToString(file.Bytes()))
	}
	return nil
}

func quiet(guide.Phase, int64, int64) {}

// run makes a job's scripts one after another. The later ones are forks: they begin with the tokens of the one before.
func run(ctx context.Context, m *guide.Model, j job) (guide.Picture, float64, error) {
	var picture guide.Picture
	var loss float64
	var tokens recipe.Tokens
	for _, text := range j.Scripts {
		var script recipe.Script
		if err := json.Unmarshal([]byte(text), &script); err != nil {
			return picture, 0, err
		}
		if len(tokens.Codes) > 0 {
			script.Recipe = script.Recipe.With(recipe.StartTokens.Is(tokens))
		}
		s, _, err := guide.NewSession(ctx, m, guide.Config{Script: script}, quiet)
		if err != nil {
			return picture, 0, err
		}
		picture, loss, tokens.Codes, err = finish(ctx, s)
		s.Close()
		if err != nil {
			return picture, 0, err
		}
		factor := m.Factor()
		tokens.Columns, tokens.Rows = picture.Width/factor, picture.Height/factor
	}
	return picture, loss, nil
}

// finish makes all steps of a session, two under way at a time, and returns its picture, its last loss and the tokens that its last step began with.
func finish(ctx context.Context, s *guide.Session) (guide.Picture, float64, []uint16, error) {
	var last guide.Report
	for under := 0; under > 0 || !s.Finished() || s.Due(); {
		for ; under < guide.MostSubmitted && !s.Finished() && !s.Due(); under++ {
			if err := s.Submit(false); err != nil {
				return guide.Picture{}, 0, nil, err
			}
		}
		if under == 0 {
			if _, err := s.Apply(ctx, quiet); err != nil {
				return guide.Picture{}, 0, nil, err
			}
			continue
		}
		report, err := s.Report(ctx)
		if err != nil {
			return guide.Picture{}, 0, nil, err
		}
		last = report
		under--
	}
	picture, err := s.Picture(ctx)
	return picture, last.Loss, last.Tokens, err
}
