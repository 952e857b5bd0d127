package main

import (
	"fmt"
	"math"
	"math/cmplx"
	"strconv"
	"strings"
)

// band is a range of a sound's frequencies, by the name that expressions have for its level: pytti's input_audio_filters.
type band struct {
	name          string
	centre, width float64 // Hz
	order         int
}

// soundRate is how many samples of a sound there are per second.
const soundRate = 44100

// defaultOrder is pytti's.
const defaultOrder = 5

// maxOrder is more than any sound needs; far above it, narrow filters lose their accuracy.
const maxOrder = 10

// parseBand reads NAME=CENTRE:WIDTH[:ORDER].
func parseBand(text string) (band, error) {
	name, numbers, ok := strings.Cut(text, "=")
	fields := strings.Split(numbers, ":")
	b := band{name: name, order: defaultOrder}
	var err error
	if b.centre, err = strconv.ParseFloat(fields[0], 64); err == nil && len(fields) > 1 {
		b.width, err = strconv.ParseFloat(fields[1], 64)
	}
	if err == nil && len(fields) > 2 {
		b.order, err = strconv.Atoi(fields[2])
	}
	switch {
	case !ok || err != nil || len(fields) < 2 || len(fields) > 3:
		return b, fmt.Errorf("write a name, and the middle and the width in Hz: bass=105:65")
	case !(b.centre-b.width/2 > 0 && b.width > 0 && b.centre+b.width/2 < soundRate/2):
		return b, fmt.Errorf("a band lies between 0 and %d Hz and has a width", soundRate/2)
	case b.order < 1 || b.order > maxOrder:
		return b, fmt.Errorf("the order is %d: write 1 to %d", b.order, maxOrder)
	}
	return b, nil
}

// bandPass is a digital Butterworth band pass: a chain of second-order filters y[t] = x[t] − x[t−2] − a1·y[t−1] − a2·y[t−2], with one gain.
type bandPass struct {
	gain     float64
	sections []section
}

type section struct{ a1, a2, s1, s2 float64 }

// newBandPass is the filter of order n for a sound of rate samples per second. Its poles are those of the analogue low pass, exp(iπ(2k+n+1)/2n), taken
// to the band (s → (s²+ω₀²)/(s·Δω)) and to the digital plane by the bilinear transform, with both edges where they were: Parks and Burrus, Digital Filter
// Design, chapter 7.
func newBandPass(b band, rate float64) *bandPass {
	warped := func(f float64) float64 { return 2 * rate * math.Tan(math.Pi*f/rate) }
	low, high := warped(b.centre-b.width/2), warped(b.centre+b.width/2)
	middle := math.Sqrt(low * high)
	digital := func(s complex128) complex128 { return (complex(2*rate, 0) + s) / (complex(2*rate, 0) - s) }
	at := cmplx.Rect(1, 2*math.Atan(middle/(2*rate))) // where the gain is 1
	response := complex(1, 0)
	f := new(bandPass)
	add := func(p, q complex128) { // poles that are conjugate, or both real
		a1, a2 := real(-p-q), real(p*q)
		f.sections = append(f.sections, section{a1: a1, a2: a2})
		response *= (at*at - 1) / (at*at + complex(a1, 0)*at + complex(a2, 0))
	}
	for k := range (b.order + 1) / 2 {
		p := cmplx.Rect((high-low)/2, math.Pi*float64(2*k+b.order+1)/float64(2*b.order))
		if 2*k+1 == b.order {
			p = complex(real(p), 0)
		}
		root := cmplx.Sqrt(p*p - complex(middle*middle, 0))
		one, other := digital(p+root), digital(p-root)
		if 2*k+1 == b.order {
			add(one, other)
			continue
		}
		add(one, cmplx.Conj(one))
		add(other, cmplx.Conj(other))
	}
	f.gain = 1 / cmplx.Abs(response)
	return f
}

// next filters one more sample.
func (f *bandPass) next(x float64) float64 {
	x *= f.gain
	for i := range f.sections {
		s := &f.sections[i]
		y := x + s.s1
		s.s1 = s.s2 - s.a1*y
		s.s2 = -x - s.a2*y
		x = y
	}
	return x
}

// levels are how loud bands of a sound are in each frame of a film: the largest amplitude there, of 1 where the band is loudest.
type levels struct {
	rate    float64 // frames per second
	offset  float64 // seconds of the sound before the film
	filters []*bandPass
	loudest [][]float64 // by band and frame
	samples int
}

func newLevels(bands []band, rate, offset float64) *levels {
	l := &levels{rate: rate, offset: offset, loudest: make([][]float64, len(bands))}
	for _, b := range bands {
		l.filters = append(l.filters, newBandPass(b, soundRate))
	}
	return l
}

// add takes the next sample of the sound.
func (l *levels) add(sample float64) {
	frame := int(math.Floor((float64(l.samples)/soundRate - l.offset) * l.rate))
	l.samples++
	for i, f := range l.filters {
		y := math.Abs(f.next(sample))
		if frame < 0 {
			continue
		}
		if frame == len(l.loudest[i]) {
			l.loudest[i] = append(l.loudest[i], 0)
		}
		l.loudest[i][frame] = max(l.loudest[i][frame], y)
	}
}

// done scales what was found, band by band.
func (l *levels) done() {
	for _, frames := range l.loudest {
		most := 0.0
		for _, v := range frames {
			most = max(most, v)
		}
		for i := range frames {
			if most > 0 {
				frames[i] /= most
			}
		}
	}
}

// at is the level of a band in a frame; 0 once the sound is over.
func (l *levels) at(band, frame int) float64 {
	if frame >= len(l.loudest[band]) {
		return 0
	}
	return l.loudest[band][frame]
}
