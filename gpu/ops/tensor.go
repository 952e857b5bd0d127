// Package ops holds every operation that CLIP, VQGAN and the guidance loop need. One file holds one op: its float64 reference,
// forward and backward, then the function that records its kernels on a Tape.
//
// # Vocabulary
//
// A Tape records the forward kernels of a step as they are called, and remembers for each how to record its backward. d(x), the
// gradient of x, is the derivative of the tape's loss by x. Backward walks the tape from its end: when an op's turn
// comes, the gradient of its output is complete, and the op adds to the gradients of its inputs. Weights have no
// gradients: they are frozen.
package ops

import (
	"fmt"

	"reverie/gpu"
)

// Tensor is a batch of N grids of H×W points with C channels, channels last: a matrix of N·H·W rows and C columns. Tokens are a
// grid with H = 1. Row r starts at element r·Stride(), and the elements between C and Stride() are zero: every kernel
// that writes a tensor writes its padding too. How elements are stored is Buf's form.
type Tensor struct {
	N, H, W, C int
	Buf        *gpu.Buffer

	needsGrad bool
	host      bool // the host writes it
	d         *Tensor
}

// Pad4 rounds n up to a multiple of four, the width of a vec4f.
func Pad4(n int) int { return (n + 3) / 4 * 4 }

// Rows is N·H·W.
func (x *Tensor) Rows() int { return x.N * x.H * x.W }

// Stride is the number of elements from one row to the next.
func (x *Tensor) Stride() int { return Pad4(x.C) }

// Len is the number of elements with padding.
func (x *Tensor) Len() int { return x.Rows() * x.Stride() }

// vecs is the number of vec4f in the tensor.
func (x *Tensor) vecs() int { return x.Len() / 4 }

// D is the gradient of x once the tape has walked back to it, or nil.
func (x *Tensor) D() *Tensor { return x.d }

func (x *Tensor) String() string { return fmt.Sprintf("[%d,%d,%d,%d]", x.N, x.H, x.W, x.C) }

// sameShape panics unless a and b have one shape: a mistake in the model, found when it is recorded.
func sameShape(op string, a, b *Tensor) {
	if a.N != b.N || a.H != b.H || a.W != b.W || a.C != b.C {
		panic(fmt.Sprintf("ops: %s: shapes %v and %v differ", op, a, b))
	}
}

// Matrix is a frozen weight of Taps matrices [Out, In] (one tap for a linear layer, ky·k+kx for a convolution), each row padded
// to Pad4(In) and each matrix to Pad4(Out) rows, with zeros, in float32 or float16 as Buf says.
type Matrix struct {
	Taps, Out, In int
	Buf           *gpu.Buffer
}

// Vector is a frozen weight of N float32, padded with zeros to Pad4(N).
type Vector struct {
	N   int
	Buf *gpu.Buffer
}
