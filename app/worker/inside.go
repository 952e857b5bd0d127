package worker

import (
	"math"

	"reverie/app/protocol"
	"reverie/gpu/guide"
)

// inspected is a step's inside as messages have it, which cannot hold what is no number.
func inspected(in guide.Inside) protocol.Inspected {
	sum := in.Pull.Total() + in.Move.Total() + in.Reach
	for _, loss := range in.Losses {
		sum += loss
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return protocol.Inspected{Step: in.Step, Problem: "This step has lost its numbers, and there is nothing to see inside it: choose a lower learning rate."}
	}
	m := protocol.Inspected{
		Step: in.Step, Picture: (*protocol.Picture)(&in.Picture), Tokens: packed(in.Tokens), Codes: in.Codes, Cutouts: (*protocol.Picture)(&in.Cutouts),
		Embeddings: &protocol.Bytes{}, Scores: in.Scores, Weights: in.Weights, Losses: in.Losses, Pull: norms(in.Pull), Move: norms(in.Move), Reach: in.Reach,
	}
	for _, b := range in.Boxes {
		m.Boxes = append(m.Boxes, protocol.Box(b))
	}
	for _, row := range in.Embeddings {
		m.Length = len(row)
		m.Embeddings.Data = append(m.Embeddings.Data, signedBytes(row)...)
	}
	return m
}

// norms are a grid's in bytes.
func norms(n guide.Norms) *protocol.Norms {
	most := magnitude(n.Values)
	out := &protocol.Norms{Columns: n.Columns, Values: &protocol.Bytes{}, Most: most, Total: n.Total()}
	for _, v := range n.Values {
		out.Values.Data = append(out.Values.Data, byte(shareOf(v, most)*255))
	}
	return out
}

// signedBytes are values as shares of the greatest magnitude, of which 127 is the whole.
func signedBytes(values []float32) []byte {
	most := magnitude(values)
	out := make([]byte, len(values))
	for i, v := range values {
		out[i] = byte(int8(shareOf(v, most) * 127))
	}
	return out
}

// magnitude is the greatest, or 0 for none.
func magnitude(values []float32) float64 {
	most := 0.0
	for _, v := range values {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

func shareOf(v float32, most float64) float64 {
	if most == 0 {
		return 0
	}
	return float64(v) / most
}
