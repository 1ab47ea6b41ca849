package checkpoint

import (
	"encoding/binary"
	"math"
	"unsafe"

	"lyceum/lib/internal/compute"
)

// A kind is a way to store numbers: blocks of so many elements in so many bytes.
type kind struct {
	name         string
	block, bytes int
	read         func(dst []float32, src []byte) // nil: cannot be read
	write        func(dst []byte, src []float32) // nil: cannot be written
}

// kinds are all that can be read. The quantised ones are those of llama.cpp (ggml-quants.h); d and m are float16.
var kinds = map[string]*kind{}

func init() {
	for _, k := range []*kind{
		{"F32", 1, 4, readF32, writeF32},
		{"F16", 1, 2, readF16, writeF16},
		{"BF16", 1, 2, readBF16, writeBF16},
		{"F64", 1, 8, readF64, nil},
		{"I8", 1, 1, func(d []float32, s []byte) { widen(d, s, 1, func(b []byte) float32 { return float32(int8(b[0])) }) }, nil},
		{"U8", 1, 1, func(d []float32, s []byte) { widen(d, s, 1, func(b []byte) float32 { return float32(b[0]) }) }, nil},
		{"BOOL", 1, 1, func(d []float32, s []byte) { widen(d, s, 1, func(b []byte) float32 { return float32(min(b[0], 1)) }) }, nil},
		{"I16", 1, 2, func(d []float32, s []byte) { widen(d, s, 2, func(b []byte) float32 { return float32(int16(le16(b))) }) }, nil},
		{"U16", 1, 2, func(d []float32, s []byte) { widen(d, s, 2, func(b []byte) float32 { return float32(le16(b)) }) }, nil},
		{"I32", 1, 4, func(d []float32, s []byte) { widen(d, s, 4, func(b []byte) float32 { return float32(int32(le32(b))) }) }, nil},
		{"U32", 1, 4, func(d []float32, s []byte) { widen(d, s, 4, func(b []byte) float32 { return float32(le32(b)) }) }, nil},
		{"I64", 1, 8, func(d []float32, s []byte) { widen(d, s, 8, func(b []byte) float32 { return float32(int64(le64(b))) }) }, nil},
		{"U64", 1, 8, func(d []float32, s []byte) { widen(d, s, 8, func(b []byte) float32 { return float32(le64(b)) }) }, nil},
		{"Q4_0", 32, 18, readQ4_0, writeQ4_0},
		{"Q4_1", 32, 20, readQ4_1, writeQ4_1},
		{"Q5_0", 32, 22, readQ5_0, nil},
		{"Q5_1", 32, 24, readQ5_1, nil},
		{"Q8_0", 32, 34, readQ8_0, writeQ8_0},
		{"Q4_K", 256, 144, readQ4_K, nil},
		{"Q5_K", 256, 176, readQ5_K, nil},
		{"Q6_K", 256, 210, readQ6_K, nil},
	} {
		kinds[k.name] = k
	}
}

var le16, le32, le64 = binary.LittleEndian.Uint16, binary.LittleEndian.Uint32, binary.LittleEndian.Uint64

func widen(dst []float32, src []byte, size int, one func([]byte) float32) {
	for i := range dst {
		dst[i] = one(src[i*size:])
	}
}

func readF32(dst []float32, src []byte) {
	src = src[:4*len(dst)]
	if littleEndian && len(dst) > 0 {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&dst[0])), len(src)), src)
		return
	}
	for i := range dst {
		dst[i] = math.Float32frombits(le32(src[4*i:]))
	}
}

func readF64(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = float32(math.Float64frombits(le64(src[8*i:])))
	}
}

func readBF16(dst []float32, src []byte) {
	if len(dst) > 0 && uintptr(unsafe.Pointer(&src[0]))%2 == 0 && littleEndian {
		compute.FromBF16(dst, unsafe.Slice((*uint16)(unsafe.Pointer(&src[0])), len(dst)))
		return
	}
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(le16(src[2*i:])) << 16)
	}
}

// littleEndian is whether this machine keeps numbers as the files do.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

func readF16(dst []float32, src []byte) {
	if len(dst) > 0 && uintptr(unsafe.Pointer(&src[0]))%2 == 0 && littleEndian {
		compute.FromF16(dst, unsafe.Slice((*uint16)(unsafe.Pointer(&src[0])), len(dst)))
		return
	}
	for i := range dst {
		dst[i] = half(le16(src[2*i:]))
	}
}

func half(h uint16) float32 { return compute.HalfToFloat(h) }

// toHalf rounds to the nearest IEEE 754 binary16, ties to even; what is too large becomes infinite.
func toHalf(x float32) uint16 {
	bits := math.Float32bits(x)
	sign, b := uint16(bits>>16&0x8000), bits&0x7fffffff
	switch {
	case b > 0x7f800000: // NaN, quiet, with the upper digits of its payload
		return sign | 0x7e00 | uint16(b>>13&0x1ff)
	case b >= 0x477ff000: // 65520 and above
		return sign | 0x7c00
	case b >= 0x38800000: // normal
		b += 0xfff + b>>13&1
		return sign | uint16((b-112<<23)>>13)
	case b < 0x33000000: // less than half of the smallest
		return sign
	}
	// Subnormal: the addition rounds to a multiple of 2^-24 because that is 0.5's last digit.
	return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
}

func writeF32(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
	}
}

func writeF16(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], toHalf(x))
	}
}

func writeBF16(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], toBF16(x))
	}
}

// toBF16 rounds to the nearest bfloat16, ties to even; NaN stays NaN.
func toBF16(x float32) uint16 {
	bits := math.Float32bits(x)
	if x != x {
		return uint16(bits>>16 | 0x40)
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}
