package checkpoint

import "encoding/binary"

// The block formats of llama.cpp whose 32 elements share a scale d, and in the _1 kinds a minimum m. Element i of the first
// half is in the lower four bits of byte i, element i+16 in the upper ones; of five bits the fifth is in a word before them.
//
//	Q4_0  d (q - 8)      d, 16 bytes          Q4_1  d q + m   d, m, 16 bytes
//	Q5_0  d (q - 16)     d, 4, 16 bytes       Q5_1  d q + m   d, m, 4, 16 bytes
//	Q8_0  d q            d, 32 bytes
//
// Products are rounded before the sum, as numpy rounds: the explicit float32 keeps them from being fused on arm64.

func readQ4_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[18:] {
		d, q, out := half(le16(src)), src[2:18], dst[:32]
		for i, b := range q {
			out[i] = d * float32(int(b&15)-8)
			out[i+16] = d * float32(int(b>>4)-8)
		}
	}
}

func readQ4_1(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[20:] {
		d, m, q, out := half(le16(src)), half(le16(src[2:])), src[4:20], dst[:32]
		var levels [16]float32
		for i := range levels {
			levels[i] = float32(d*float32(i)) + m
		}
		for i, b := range q {
			out[i] = levels[b&15]
			out[i+16] = levels[b>>4]
		}
	}
}

func readQ5_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[22:] {
		d, high, q, out := half(le16(src)), le32(src[2:]), src[6:22], dst[:32]
		for i, b := range q {
			out[i] = d * float32(int(uint32(b&15)|high>>i&1<<4)-16)
			out[i+16] = d * float32(int(uint32(b>>4)|high>>(i+16)&1<<4)-16)
		}
	}
}

func readQ5_1(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[24:] {
		d, m, high, q, out := half(le16(src)), half(le16(src[2:])), le32(src[4:]), src[8:24], dst[:32]
		for i, b := range q {
			out[i] = float32(d*float32(uint32(b&15)|high>>i&1<<4)) + m
			out[i+16] = float32(d*float32(uint32(b>>4)|high>>(i+16)&1<<4)) + m
		}
	}
}

func readQ8_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[34:] {
		d, q, out := half(le16(src)), src[2:34], dst[:32]
		for i, b := range q {
			out[i] = d * float32(int8(b))
		}
	}
}

// Quantisation is that of llama.cpp's reference functions, to the bit.

// writeQ4_0 maps the element of largest magnitude to -8.
func writeQ4_0(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[18:], src[32:] {
		var most, top float32
		for _, x := range src[:32] {
			if a := abs(x); a > most {
				most, top = a, x
			}
		}
		d := top / -8
		inverse := reciprocal(d)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		for i := range 16 {
			dst[2+i] = level(float32(src[i]*inverse)+8.5) | level(float32(src[i+16]*inverse)+8.5)<<4
		}
	}
}

// writeQ4_1 spreads 16 levels from the least to the largest element.
func writeQ4_1(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[20:], src[32:] {
		low, high := src[0], src[0]
		for _, x := range src[:32] {
			low, high = min(low, x), max(high, x)
		}
		d := (high - low) / 15
		inverse := reciprocal(d)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		binary.LittleEndian.PutUint16(dst[2:], toHalf(low))
		for i := range 16 {
			dst[4+i] = level(float32((src[i]-low)*inverse)+0.5) | level(float32((src[i+16]-low)*inverse)+0.5)<<4
		}
	}
}

// writeQ8_0 maps the largest magnitude to 127.
func writeQ8_0(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[34:], src[32:] {
		var most float32
		for _, x := range src[:32] {
			most = max(most, abs(x))
		}
		d := most / 127
		inverse := reciprocal(d)
		binary.LittleEndian.PutUint16(dst, toHalf(d))
		for i, x := range src[:32] {
			dst[2+i] = byte(int8(roundAway(x * inverse)))
		}
	}
}

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}

func reciprocal(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

// level cuts a number between 0 and 16 down to four bits.
func level(x float32) byte { return byte(min(int8(x), 15)) }

// roundAway rounds to the nearest integer, halves away from zero, without the double rounding of adding a half first.
func roundAway(x float32) float32 {
	whole := float32(int32(x))
	switch rest := x - whole; {
	case rest >= 0.5:
		return whole + 1
	case rest <= -0.5:
		return whole - 1
	}
	return whole
}
