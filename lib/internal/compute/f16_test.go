//go:build unix

package compute

import (
	"math"
	"testing"
	"unsafe"
)

// binary16 is the number that the standard defines for a pattern of bits.
func binary16(h uint16) float64 {
	exponent, digits, sign := int(h>>10&31), float64(h&1023), 1-2*float64(h>>15)
	switch {
	case exponent == 31 && digits != 0:
		return math.NaN()
	case exponent == 31:
		return sign * math.Inf(1)
	case exponent == 0:
		return sign * math.Ldexp(digits, -24)
	}
	return sign * math.Ldexp(1024+digits, exponent-25)
}

// TestFromF16IsExact converts each of the 65536 numbers: subnormal ones, both zeros, infinities and NaN among them.
func TestFromF16IsExact(t *testing.T) {
	src, dst := make([]uint16, 1<<16), make([]float32, 1<<16)
	for i := range src {
		src[i] = uint16(i)
	}
	onEachLevel(t, func(t *testing.T) {
		FromF16(dst, src)
		for i, x := range dst {
			want, bits := binary16(uint16(i)), math.Float32bits(x)
			if same := float64(x) == want || x != x && want != want; !same || math.Signbit(float64(x)) != (i >= 1<<15) {
				t.Fatalf("%#04x is %v, want %v", i, x, want)
			}
			if one := math.Float32bits(HalfToFloat(uint16(i))); one != bits {
				t.Fatalf("%#04x alone is %#08x, among others %#08x", i, one, bits)
			}
		}
	})
}

// TestFromF16OnAllTails holds every length up to several vectors against the definition, beside memory that must not be touched.
func TestFromF16OnAllTails(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for n := 1; n < 300; n++ {
			g := &guards{t: t, front: n%2 == 0}
			room := g.make((n + 1) / 2)
			src := unsafe.Slice((*uint16)(unsafe.Pointer(&room[0])), 2*len(room))[2*len(room)-n:]
			if g.front {
				src = unsafe.Slice((*uint16)(unsafe.Pointer(&room[0])), n)
			}
			for i := range src {
				src[i] = uint16(n*7919 + i*40503)
			}
			dst := g.make(n)
			FromF16(dst, src)
			for i, h := range src {
				if a, b := math.Float32bits(dst[i]), math.Float32bits(HalfToFloat(h)); a != b {
					t.Fatalf("%d numbers, %d: %#04x is %#08x, want %#08x", n, i, h, a, b)
				}
			}
			g.done("FromF16")
		}
	})
}
