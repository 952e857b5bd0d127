package ui

import "time"

// rateWindow is how much of the past tells a download's speed.
const rateWindow = 5 * time.Second

// rate tells the speed of a download.
type rate struct{ samples []sample }

type sample struct {
	at   time.Time
	done int64
}

// add takes what is there at a time. Bytes that are taken back start the measurement anew.
func (r *rate) add(at time.Time, done int64) {
	if n := len(r.samples); n > 0 && done < r.samples[n-1].done {
		r.samples = nil
	}
	r.samples = append(r.samples, sample{at, done})
	for len(r.samples) > 2 && at.Sub(r.samples[1].at) >= rateWindow {
		r.samples = r.samples[1:]
	}
}

// speed is in bytes per second, or 0 before a second has passed.
func (r *rate) speed() float64 {
	if len(r.samples) < 2 {
		return 0
	}
	first, last := r.samples[0], r.samples[len(r.samples)-1]
	passed := last.at.Sub(first.at)
	if passed < time.Second {
		return 0
	}
	return float64(last.done-first.done) / passed.Seconds()
}

// left is the time that the rest takes at this speed, or 0 when nobody knows.
func (r *rate) left(rest int64) time.Duration {
	speed := r.speed()
	if speed <= 0 {
		return 0
	}
	return time.Duration(float64(rest) / speed * float64(time.Second))
}
