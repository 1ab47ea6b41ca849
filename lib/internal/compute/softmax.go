package compute

import "math"

// SoftmaxRows computes, for each of rows rows of cols elements,
//
//	dst[j] = exp(x[j] - max x) / sum_l exp(x[l] - max x)
//
// dst may be x. An element of -Inf is masked: it gets 0. A row of only -Inf becomes all 0.
func SoftmaxRows(dst, x []float32, rows, cols int) {
	SoftmaxCausalRows(dst, x, rows, cols, cols)
}

// SoftmaxCausalRows is SoftmaxRows where row i sees only its first min(cols, i+visible) elements, and the others become 0.
// visible = 1 is the causal mask of a square matrix of scores; T_k - T_q + 1 that of the last T_q of T_k positions.
func SoftmaxCausalRows(dst, x []float32, rows, cols, visible int) {
	checkRows("SoftmaxRows", rows, cols, len(dst), len(x))
	notNegative("SoftmaxCausalRows", "visible", visible)
	Parallel(rows, rowGrain(cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			see := min(cols, i+visible)
			row := dst[i*cols : (i+1)*cols]
			softmaxRow(row[:see], x[i*cols:i*cols+see])
			clear(row[see:])
		}
	})
}

func softmaxRow(dst, x []float32) {
	_, factor := softmaxNumerators(dst, x)
	active.scale(dst, factor)
}

// softmaxNumerators computes dst[j] = exp(x[j] - max x); the softmax is that times factor. lse is the logarithm of the sum
// of exponentials of x. A row that is empty or masked throughout gives 0, -Inf and 1.
func softmaxNumerators(dst, x []float32) (lse, factor float32) {
	top := active.max(x)
	if math.IsInf(float64(top), -1) {
		clear(dst)
		return top, 1
	}
	sum := active.expSum(dst, x, top)
	return top + log32(sum), 1 / sum
}

// SoftmaxBackwardRows adds to dx the gradient through y = softmax(x):
//
//	dx[j] += y[j] * (dy[j] - sum_l dy[l] y[l])
func SoftmaxBackwardRows(dx, y, dy []float32, rows, cols int) {
	checkRows("SoftmaxBackwardRows", rows, cols, len(dx), len(y), len(dy))
	Parallel(rows, rowGrain(cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			a, b := i*cols, (i+1)*cols
			active.softmaxBack(dx[a:b], y[a:b], dy[a:b], active.dot(y[a:b], dy[a:b]))
		}
	})
}

// LogSumExpRows computes dst[i] = log sum_j exp(x[i][j]) for each row; -Inf for a row of only -Inf.
func LogSumExpRows(dst, x []float32, rows, cols int) {
	checkRows("LogSumExpRows", rows, cols, len(x))
	need("LogSumExpRows", "dst", len(dst), rows)
	Parallel(rows, rowGrain(cols), func(lo, hi int) {
		scratch := getScratch(cols)
		defer putScratch(scratch)
		for i := lo; i < hi; i++ {
			dst[i] = logSumExp(scratch, x[i*cols:(i+1)*cols])
		}
	})
}

func logSumExp(scratch, x []float32) float32 {
	top := active.max(x)
	if math.IsInf(float64(top), -1) {
		return top
	}
	return top + log32(active.expSum(scratch, x, top))
}

// checkRows panics unless each slice holds rows x cols elements.
func checkRows(op string, rows, cols int, lengths ...int) {
	notNegative(op, "rows", rows)
	notNegative(op, "cols", cols)
	for _, n := range lengths {
		if n < rows*cols {
			fail(op, "a slice of %d elements is too short for %d rows of %d", n, rows, cols)
		}
	}
}

// rowGrain is how many rows of cols elements one range of a row kernel covers.
func rowGrain(cols int) int { return max(1, span/4/max(cols, 1)) }

func scalarSoftmaxBack(dx, y, dy []float32, dot float32) {
	for i, v := range y {
		dx[i] += v * (dy[i] - dot)
	}
}

// scalarScoreBack computes d = p (d - delta): the gradient of one row of attention scores.
func scalarScoreBack(d, p []float32, delta float32) {
	for i, v := range p {
		d[i] = v * (d[i] - delta)
	}
}
