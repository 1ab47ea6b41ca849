package compute

import "os"

// level is everything that differs between instruction sets: the tiles of the matrix product, and functions over
// contiguous spans. Slices passed together have equal length, checked by the exported functions.
type level struct {
	name  string
	tiles *tiles

	peak     func(turns int) // nothing but multiply-adds, peakTurn of them a turn; nil: not there
	peakTurn int

	// Products of bfloat16, nil where the processor has no instruction for them: tiles over words of two values that
	// follow each other along k, and what rounds a row of floats to such words, joins two rows into one, and all rows of a
	// panel.
	pairs     *tiles
	pairAlong func(dst, src *float32, n int)          // n floats
	pairBF16  func(dst, low, high *float32, n int)    // n words; high may be nil: zeros
	pairPanel func(dst, src *float32, lds, pairs int) // of tile width
	amx       *amxKernels                             // on tile registers, nil: not there

	peakBF16     func(turns int) // peakTurnBF16 of them a turn
	peakTurnBF16 int

	dot        func(x, y []float32) float32
	sum        func(x []float32) float32
	sumSquares func(x []float32) float32
	max        func(x []float32) float32
	axpy       func(x, y []float32, alpha float32)
	scale      func(x []float32, alpha float32)
	add        func(dst, x, y []float32)
	mul        func(dst, x, y []float32)
	mulAdd     func(dst, x, y []float32)

	exp         func(dst, x []float32)
	expSum      func(dst, x []float32, shift float32) float32
	expScale    func(dst, x []float32, shift, scale float32)
	softmaxBack func(dx, y, dy []float32, dot float32)
	scoreBack   func(d, p []float32, delta float32)

	rmsForward  func(y, x, w []float32, r float32)
	rmsBackward func(dx, dw, dy, x, w []float32, r, c float32)

	swiglu     func(out, gate, up []float32)
	swigluBack func(dgate, dup, dout, gate, up []float32)
	gelu       func(out, x []float32)
	geluBack   func(dx, dout, x []float32)

	geluErf     func(out, x []float32)
	geluErfBack func(dx, dout, x []float32)

	affine      func(y, x []float32, factor, term float32)
	squaresFrom func(x []float32, shift float32) float32
	normForward func(y, x, w, b []float32, m, r float32)

	rotate func(a, b, cos, sin []float32, sign float32)

	adamw    func(p, g, m, v []float32, c *adamwConstants)
	toBF16   func(dst []uint16, src []float32)
	fromBF16 func(dst []float32, src []uint16)
	fromF16  func(dst []float32, src []uint16)

	halfDots  []halfDotsFunc // by number of rows; index 0 is unused, nil: not there
	halfTiles *tiles         // of which spread takes a B of words of two values, nil: not there
	halfBlock int            // elements in a block of halfDots

	// Products of integers, nil where the processor has no instruction for them: by bits of the weights and rows.
	quantTiles map[int][]quantTileFunc
	quantise   func(dst *byte, src *float32, groups int, factor int32)
}

// active is the level in use; tests switch it.
var active = chooseLevel(os.Getenv("LYCEUM_CPU"))

// Level returns the instruction set in use: "amx" (AVX-512 and AMX-BF16), "avx512", "avx2" or "scalar".
func Level() string { return active.name }

// chooseLevel returns the best level of this processor, or the lower one that the environment asks for.
// A name that is unknown or not available here is ignored: a wrong variable must not stop a program.
func chooseLevel(want string) *level {
	all := levels()
	for _, l := range all {
		if l.name == want {
			return l
		}
	}
	return all[0]
}

func scalarLevel() *level {
	return &level{
		name: "scalar", tiles: scalarTiles(),
		dot: scalarDot, sum: scalarSum, sumSquares: scalarSumSquares, max: scalarMax,
		axpy: scalarAxpy, scale: scalarScale, add: scalarAdd, mul: scalarMul, mulAdd: scalarMulAdd,
		exp: scalarExp, expSum: scalarExpSum, expScale: scalarExpScale, softmaxBack: scalarSoftmaxBack, scoreBack: scalarScoreBack,
		rotate:     scalarRotate,
		rmsForward: scalarRMSForward, rmsBackward: scalarRMSBackward,
		swiglu: scalarSwiGLU, swigluBack: scalarSwiGLUBack, gelu: scalarGELU, geluBack: scalarGELUBack,
		geluErf: scalarGELUErf, geluErfBack: scalarGELUErfBack,
		affine: scalarAffine, squaresFrom: scalarSquaresFrom, normForward: scalarNormForward,
		adamw: scalarAdamW, toBF16: scalarToBF16, fromBF16: scalarFromBF16, fromF16: scalarFromF16,
	}
}
