package main

import "math/rand/v2"

// picture draws scene number i with side×side pixels, channels last, in [0, 1]: a sky that changes its colour downwards, and four discs and
// boxes. The scene does not depend on the side.
func picture(i, side int) []float32 {
	r := rand.New(rand.NewPCG(uint64(i), 20))
	colour := func() [3]float32 { return [3]float32{r.Float32(), r.Float32(), r.Float32()} }
	top, bottom := colour(), colour()
	type shape struct {
		x, y, w, h float32
		disc       bool
		colour     [3]float32
	}
	shapes := make([]shape, 4)
	for j := range shapes {
		shapes[j] = shape{r.Float32(), r.Float32(), 0.1 + 0.3*r.Float32(), 0.1 + 0.3*r.Float32(), j%2 == 0, colour()}
	}
	out := make([]float32, 0, 3*side*side)
	for row := range side {
		for column := range side {
			x, y := (float32(column)+0.5)/float32(side), (float32(row)+0.5)/float32(side)
			var pixel [3]float32
			for c := range pixel {
				pixel[c] = top[c] + y*(bottom[c]-top[c])
			}
			for _, s := range shapes {
				dx, dy := (x-s.x)/s.w, (y-s.y)/s.h
				if s.disc && dx*dx+dy*dy < 1 || !s.disc && max(dx, -dx, dy, -dy) < 0.8 {
					pixel = s.colour
				}
			}
			out = append(out, pixel[:]...)
		}
	}
	return out
}
