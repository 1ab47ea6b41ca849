package compute

import "math"

// ToBF16 rounds float32 to bfloat16 (the upper 16 bits), to nearest, ties to even. NaN stays NaN.
func ToBF16(dst []uint16, src []float32) {
	same("ToBF16", "dst", len(dst), len(src))
	Parallel(len(src), span, func(lo, hi int) { active.toBF16(dst[lo:hi], src[lo:hi]) })
}

// FromBF16 widens bfloat16 to float32 exactly.
func FromBF16(dst []float32, src []uint16) {
	same("FromBF16", "dst", len(dst), len(src))
	Parallel(len(src), span, func(lo, hi int) { active.fromBF16(dst[lo:hi], src[lo:hi]) })
}

func scalarToBF16(dst []uint16, src []float32) {
	for i, v := range src {
		u := math.Float32bits(v)
		if v != v {
			dst[i] = uint16(u>>16) | 0x40
			continue
		}
		dst[i] = uint16((u + 0x7fff + u>>16&1) >> 16)
	}
}

func scalarFromBF16(dst []float32, src []uint16) {
	for i, v := range src {
		dst[i] = math.Float32frombits(uint32(v) << 16)
	}
}
