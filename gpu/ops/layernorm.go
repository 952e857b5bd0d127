package ops

import (
	"strconv"

	"reverie/gpu"
	"reverie/shaders"
)

// RefLayerNorm normalises each row of x [rows, c], scales by gamma and shifts by beta. Ba et al., arXiv:1607.06450.
func RefLayerNorm(x, gamma, beta []float64, rows, c int, eps float64) []float64 {
	y := make([]float64, len(x))
	for r := range rows {
		row := rowMembers(r, c)
		mean, rstd := moments(x, row, eps)
		for j, i := range row {
			y[i] = (x[i]-mean)*rstd*gamma[j] + beta[j]
		}
	}
	return y
}

// RefLayerNormBackward is dx for RefLayerNorm.
func RefLayerNormBackward(x, dy, gamma []float64, rows, c int, eps float64) []float64 {
	dx := make([]float64, len(x))
	for r := range rows {
		row := rowMembers(r, c)
		mean, rstd := moments(x, row, eps)
		g, xhat := make([]float64, c), make([]float64, c)
		for j, i := range row {
			g[j], xhat[j] = gamma[j]*dy[i], (x[i]-mean)*rstd
		}
		normBackward(g, xhat, rstd, func(j int, v float64) { dx[row[j]] = v })
	}
	return dx
}

func rowMembers(r, c int) []int {
	row := make([]int, c)
	for j := range row {
		row[j] = r*c + j
	}
	return row
}

type layerNormParams struct {
	Rows, C4, C uint32
	Eps         float32
}

// dispatchRows records a kernel built on rows.wgsl.
func (t *Tape) dispatchRows(file string, defines shaders.Defines, rows int, work float64, params any, buffers ...*gpu.Buffer) {
	const rowsPerWorkgroup = 4
	grid := gpu.Workgroups(rows, rowsPerWorkgroup)
	if s := t.subgroup(); len(s) > 0 {
		defines, grid = with(defines, s), gpu.Linear(rows)
	}
	t.Plan.Dispatch(file, defines, grid, work, params, buffers...)
}

// subgroup is the switches of a reduction whose workgroups are one subgroup, or nil. Processors do without barriers that way; on a
// GPU so small workgroups would leave most of it idle.
func (t *Tape) subgroup() shaders.Defines {
	info := t.device.Info()
	if !info.Software || info.SubgroupSize == 0 {
		return nil
	}
	lanes := strconv.Itoa(info.SubgroupSize) + "u"
	return shaders.Defines{"SUBGROUP": "", "LANES": lanes, "WORKGROUP": lanes}
}

// LayerNorm is γ·x̂ + β along the rows of x [.., C].
func (t *Tape) LayerNorm(x *Tensor, gamma, beta *Vector, eps float32) *Tensor {
	y := t.activationLike(x)
	stats := t.New(x.N, x.H, x.W, 2)
	p := layerNormParams{uint32(x.Rows()), uint32(x.Stride() / 4), uint32(x.C), eps}
	t.dispatchRows("layernorm.wgsl", nil, x.Rows(), float64(8*x.Len()), p, x.Buf, gamma.Buf, beta.Buf, stats.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.dispatchRows("layernorm.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), x.Rows(), float64(16*x.Len()), p,
			x.Buf, gamma.Buf, dy.Buf, stats.Buf, dx.Buf)
	}, x)
	return y
}
