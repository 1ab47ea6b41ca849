package checkpoint

// The block formats of llama.cpp with 256 elements: eight or sixteen groups with small scales of their own under common
// float16 scales.
//
//	Q4_K, Q5_K  d s[j] q - dmin m[j]   d, dmin, 12 bytes of six-bit s and m for 8 groups of 32, (32 bytes of fifth bits,) 128 bytes
//	Q6_K        d s[j] (q - 32)        128 bytes of lower four bits, 64 of upper two, 16 of s for groups of 16, d

// sixBits unpacks the scale and the minimum of group j: the first four lie in the lower six bits of bytes 0-3 and 4-7, the
// rest in the halves of bytes 8-11 with their upper two bits in those of the first.
func sixBits(p []byte, j int) (s, m byte) {
	if j < 4 {
		return p[j] & 63, p[j+4] & 63
	}
	return p[j+4]&15 | p[j-4]>>6<<4, p[j+4]>>4 | p[j]>>6<<4
}

func readQ4_K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[144:] {
		d, least, scales, q := half(le16(src)), half(le16(src[2:])), src[4:16], src[16:144]
		for j := range 8 {
			s, m := sixBits(scales, j)
			scale, low := d*float32(s), float32(least*float32(m))
			out, shift := dst[32*j:32*j+32], uint(j%2*4)
			for i, b := range q[j/2*32 : j/2*32+32] {
				out[i] = float32(scale*float32(b>>shift&15)) - low
			}
		}
	}
}

func readQ5_K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[176:] {
		d, least, scales, high, q := half(le16(src)), half(le16(src[2:])), src[4:16], src[16:48], src[48:176]
		for j := range 8 {
			s, m := sixBits(scales, j)
			scale, low := d*float32(s), float32(least*float32(m))
			out, shift := dst[32*j:32*j+32], uint(j%2*4)
			for i, b := range q[j/2*32 : j/2*32+32] {
				out[i] = float32(scale*float32(b>>shift&15|high[i]>>j&1<<4)) - low
			}
		}
	}
}

func readQ6_K(dst []float32, src []byte) {
	for ; len(dst) >= 256; dst, src = dst[256:], src[210:] {
		low, high, scales, d := src[:128], src[128:192], src[192:208], half(le16(src[208:]))
		for j := range 8 { // runs of 32 elements
			side, quarter := j/4, j%4
			bits, top := low[64*side+quarter%2*32:], high[32*side:]
			for i := range 32 {
				q := int(bits[i]>>(quarter/2*4)&15|top[i]>>(2*quarter)&3<<4) - 32
				dst[32*j+i] = float32(d*float32(int8(scales[2*j+i/16]))) * float32(q)
			}
		}
	}
}
