package main

import (
	"bytes"
	"fmt"
)

const (
	quantGroup  = 32             // elements that share a scale
	quantRecord = quantGroup + 8 // bytes of a group of x: elements, -offset times their sum, scale
	quantPanel  = 16             // rows of W that are packed together
)

// quantisedFile writes products of 8-bit integers for weights of 8 and of 4 bits, and what brings rows of float32 into 8 bits.
// Both instruction sets sum integers exactly and scale the sums in one order: their results are the same.
func quantisedFile(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	if s == avx2 {
		a.spanMaskTable()
		a.constant("nibbles", 0x0f0f0f0f)
		a.constant("ones", 0x00010001)
		a.constant("sixteens", 0x00100010)
		a.table("quantOrder", [8]uint32{0, 4, 1, 5, 2, 6, 3, 7})
		a.quantiseRow256()
	} else {
		a.quantiseRow512()
	}
	for _, bits := range []int{8, 4} {
		for r := 1; r <= s.quantRows(); r++ {
			a.quantTile(bits, r)
		}
	}
	return a.buf.Bytes()
}

// quantRows is how many rows of x the largest tile has.
func (s *isa) quantRows() int {
	if s == avx2 {
		return 4
	}
	return 8
}

// quantTile writes the kernel of r rows of x against a panel of 16 rows of W. A vector of 64 bytes holds four elements of
// each row, or eight of 4 bits: the first four in the lower halves of the bytes. Bytes of W are unsigned, larger by an
// offset than the value; x brings the sum to subtract.
//
// Registers: SI, DX, R10, R11, R13 x, its stride and 3, 5 and 7 times that; BX W, AX its scales; R8, R9 y; R12 groups.
func (a *asm) quantTile(bits, r int) {
	a.function(fmt.Sprintf("quant%dTile%d_%s", bits, r, a.suffix), "(groups int, x *byte, ldx int, w *uint8, scales *float32, y *float32, ldy, cols int)", 64)
	if a.width == 8 {
		a.quantHalves(bits, r)
		return
	}
	a.quantArguments()
	a.op("LEAQ (DX)(DX*2), R10")
	a.op("LEAQ (DX)(DX*4), R11")
	a.op("LEAQ (R10)(DX*4), R13")
	rows := quantRow
	const word, high, scale, mask = 16, 17, 18, 19
	for i := range r {
		a.zero(a.reg(i))
	}
	if bits == 4 {
		a.op("MOVL $0x0f0f0f0f, DI")
		a.op("VPBROADCASTD DI, %s", a.reg(mask))
	}
	a.at("loop")
	for i := range r {
		a.op("VPBROADCASTD %d%s, %s", quantGroup, rows[i], a.reg(8+i))
	}
	for b := range bits {
		a.op("VMOVDQU32 %d(BX), %s", 64*b, a.reg(word))
		a.op("PREFETCHT0 %d(BX)", 64*b+4096)
		if bits == 4 {
			a.op("VPSRLD $4, %s, %s", a.reg(word), a.reg(high))
			a.op("VPANDD %s, %s, %s", a.reg(mask), a.reg(word), a.reg(word))
			a.op("VPANDD %s, %s, %s", a.reg(mask), a.reg(high), a.reg(high))
		}
		step := quantGroup / bits
		for i := range r {
			a.op("VPDPBUSD.BCST %d%s, %s, %s", step*b, rows[i], a.reg(word), a.reg(8+i))
		}
		for i := 0; i < r && bits == 4; i++ {
			a.op("VPDPBUSD.BCST %d%s, %s, %s", step*b+4, rows[i], a.reg(high), a.reg(8+i))
		}
	}
	a.op("VMOVUPS (AX), %s", a.reg(scale))
	for i := range r {
		a.op("VCVTDQ2PS %s, %s", a.reg(8+i), a.reg(8+i))
		a.op("VMULPS.BCST %d%s, %s, %s", quantGroup+4, rows[i], a.reg(scale), a.reg(20+i))
		a.op("VFMADD231PS %s, %s, %s", a.reg(20+i), a.reg(8+i), a.reg(i))
	}
	a.op("ADDQ $%d, SI", quantRecord)
	a.op("ADDQ $%d, BX", 64*bits)
	a.op("ADDQ $64, AX")
	a.op("SUBQ $1, R12")
	a.op("JNZ loop")
	a.op("MOVL $1, AX")
	a.op("SHLL CX, AX")
	a.op("SUBL $1, AX")
	a.op("KMOVW AX, K1")
	for i := range r {
		a.op("VMOVUPS %s, K1, (R8)", a.reg(i))
		a.op("ADDQ R9, R8")
	}
	a.ret()
}

// quantRow are the addresses of rows of x.
var quantRow = []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R10*1)", "(SI)(DX*4)", "(SI)(R11*1)", "(SI)(R10*2)", "(SI)(R13*1)"}

func (a *asm) quantArguments() {
	for i, reg := range []string{"R12", "SI", "DX", "BX", "AX", "R8", "R9", "CX"} {
		name := []string{"groups", "x", "ldx", "w", "scales", "y", "ldy", "cols"}[i]
		a.op("MOVQ %s+%d(FP), %s", name, 8*i, reg)
	}
	a.op("SHLQ $2, R9")
}

// quantHalves is the body of quantTile with vectors of 32 bytes: half a panel, or both halves side by side where registers
// suffice, so that W is read once. VPMADDUBSW adds two products of bytes to a word of 16 bits and saturates, but not with factors of
// 4 bits: a group's sum is at most 8 * 2 * 15 * 127 = 30480. So bytes of W are parted, too: w = low + 16 high.
func (a *asm) quantHalves(bits, r int) {
	halves := 1
	if r <= 2 {
		halves = 2
	}
	t := &quantTile{asm: a, bits: bits, rows: r, halves: halves, parts: bits / 4}
	a.quantArguments()
	a.op("LEAQ (DX)(DX*2), R10")
	t.sweep(0)
	if halves == 1 {
		a.op("CMPQ CX, $8")
		a.op("JLE done")
		a.quantArguments()
		a.op("ADDQ $32, BX")
		a.op("ADDQ $32, AX")
		a.op("ADDQ $32, R8")
		a.op("SUBQ $8, CX")
		t.sweep(1)
	}
	a.at("done")
	a.ret()
}

// A quantTile is a kernel for AVX2 being written. Sums of 16 bits come first in the registers, then sums of float32, then
// working registers.
type quantTile struct {
	*asm
	bits, rows, halves int
	parts              int // sums of 16 bits for each row of x and half
}

func (t *quantTile) short(part, row, half int) string {
	return t.reg((row*t.halves+half)*t.parts + part)
}

func (t *quantTile) sum(row, half int) string {
	return t.reg(t.rows*t.halves*t.parts + row*t.halves + half)
}

// work is one of the working registers: two parts of W, an element of x, a product.
func (t *quantTile) work(i int) string { return t.reg(t.rows*t.halves*(t.parts+1) + i) }

// sweep goes through all groups and writes y, the number says which time.
func (t *quantTile) sweep(number int) {
	for row := range t.rows {
		for half := range t.halves {
			t.zero(t.sum(row, half))
		}
	}
	t.at(fmt.Sprintf("loop%d", number))
	for at := range t.bits {
		for half := range t.halves {
			t.step(at, half)
		}
	}
	for row := range t.rows {
		for half := range t.halves {
			t.scale(row, half)
		}
	}
	t.op("ADDQ $%d, SI", quantRecord)
	t.op("ADDQ $%d, BX", 4*quantPanel*t.bits)
	t.op("ADDQ $%d, AX", 4*quantPanel)
	t.op("SUBQ $1, R12")
	t.op("JNZ loop%d", number)
	t.store(number)
}

// step adds the products with one vector of W.
func (t *quantTile) step(at, half int) {
	low, high, x, product := t.work(0), t.work(1), t.work(2), t.work(3)
	t.op("VMOVDQU %d(BX), %s", 64*at+32*half, low)
	if half == 0 {
		t.op("PREFETCHT0 %d(BX)", 64*at+4096)
	}
	t.op("VPSRLW $4, %s, %s", low, high)
	t.op("VPAND nibbles<>(SB), %s, %s", low, low)
	t.op("VPAND nibbles<>(SB), %s, %s", high, high)
	for row := range t.rows {
		for part, w := range []string{low, high} {
			place, sum := 4*at, part
			if t.bits == 4 { // the upper halves of the bytes hold the next four elements
				place, sum = 8*at+4*part, 0
			}
			if part == 0 || t.bits == 4 {
				t.op("VPBROADCASTD %d%s, %s", place, quantRow[row], x)
			}
			if to := t.short(sum, row, half); at == 0 && part <= sum {
				t.op("VPMADDUBSW %s, %s, %s", x, w, to)
			} else {
				t.op("VPMADDUBSW %s, %s, %s", x, w, product)
				t.op("VPADDW %s, %s, %s", product, to, to)
			}
		}
	}
}

// scale adds a group's sum, less the offset, times both scales.
func (t *quantTile) scale(row, half int) {
	whole, x := t.short(0, row, half), t.work(2)
	t.op("VPMADDWD ones<>(SB), %s, %s", whole, whole)
	if t.bits == 8 {
		high := t.short(1, row, half)
		t.op("VPMADDWD sixteens<>(SB), %s, %s", high, high)
		t.op("VPADDD %s, %s, %s", high, whole, whole)
	}
	t.op("VPBROADCASTD %d%s, %s", quantGroup, quantRow[row], x)
	t.op("VPADDD %s, %s, %s", x, whole, whole)
	t.op("VCVTDQ2PS %s, %s", whole, whole)
	t.op("VBROADCASTSS %d%s, %s", quantGroup+4, quantRow[row], x)
	t.op("VMULPS %d(AX), %s, %s", 32*half, x, x)
	t.op("VFMADD231PS %s, %s, %s", x, whole, t.sum(row, half))
}

// store writes the first CX columns of the sums.
func (t *quantTile) store(number int) {
	mask := t.work(3)
	t.op("MOVQ CX, DI")
	for half := range t.halves {
		skip := fmt.Sprintf("stored%d", number+half)
		if half > 0 {
			t.op("SUBQ $8, DI")
			t.op("JLE %s", skip)
		}
		t.op("MOVQ $8, R11")
		t.op("CMPQ DI, R11")
		t.op("CMOVQLT DI, R11")
		t.op("SHLQ $2, R11")
		t.op("LEAQ spanMask<>+32(SB), R13")
		t.op("SUBQ R11, R13")
		t.op("VMOVUPS (R13), %s", mask)
		t.op("MOVQ R8, R13")
		for row := range t.rows {
			t.op("VMASKMOVPS %s, %s, %d(R13)", t.sum(row, half), mask, 32*half)
			if row < t.rows-1 {
				t.op("ADDQ R9, R13")
			}
		}
		t.at(skip)
	}
}

// quantiseRow512 writes records: s = max |x| / 127 over a group, round(x / s) as bytes, factor times their sum, s.
// The maximum is taken over bits, so that a NaN is the largest of all and reaches the scale.
func (a *asm) quantiseRow512() {
	a.function("quantiseRow512", "(dst *byte, src *float32, groups int, factor int32)", 28)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ groups+16(FP), CX")
	a.op("MOVL factor+24(FP), DX")
	a.op("MOVL $0x7fffffff, AX")
	a.op("VPBROADCASTD AX, Z31")
	a.op("MOVL $0x42fe0000, AX") // 127
	a.op("VMOVD AX, X15")
	a.at("loop")
	a.op("VMOVUPS (SI), Z0")
	a.op("VMOVUPS 64(SI), Z1")
	a.op("VPANDD Z31, Z0, Z2")
	a.op("VPANDD Z31, Z1, Z3")
	a.op("VPMAXUD Z3, Z2, Z2")
	a.reduce("VPMAXUD")
	a.op("VDIVSS X15, X2, X4") // scale
	a.op("VDIVSS X2, X15, X5")
	a.op("VBROADCASTSS X5, Z5")
	a.op("VMULPS Z5, Z0, Z0")
	a.op("VMULPS Z5, Z1, Z1")
	a.op("VCVTPS2DQ Z0, Z0")
	a.op("VCVTPS2DQ Z1, Z1")
	a.op("VPMOVSDB Z0, (DI)")
	a.op("VPMOVSDB Z1, 16(DI)")
	a.op("VPADDD Z1, Z0, Z2")
	a.reduce("VPADDD")
	a.op("VMOVD X2, AX")
	a.op("IMULL DX, AX")
	a.op("MOVL AX, %d(DI)", quantGroup)
	a.op("VMOVSS X4, %d(DI)", quantGroup+4)
	a.op("ADDQ $128, SI")
	a.op("ADDQ $%d, DI", quantRecord)
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

// reduce folds the sixteen words of Z2 into the first.
func (a *asm) reduce(op string) {
	a.op("VEXTRACTI64X4 $1, Z2, Y3")
	a.op("%s Y3, Y2, Y2", op)
	a.reduce256(op, 2)
}

// quantiseRow256 does the same with AVX2.
func (a *asm) quantiseRow256() {
	a.function("quantiseRow256", "(dst *byte, src *float32, groups int, factor int32)", 28)
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ src+8(FP), SI")
	a.op("MOVQ groups+16(FP), CX")
	a.op("MOVL factor+24(FP), DX")
	a.op("MOVL $0x7fffffff, AX")
	a.op("VMOVD AX, X14")
	a.op("VPBROADCASTD X14, Y14")
	a.op("MOVL $0x42fe0000, AX") // 127
	a.op("VMOVD AX, X15")
	a.op("VMOVDQU quantOrder<>(SB), Y13")
	a.at("loop")
	for i := range 4 {
		a.op("VMOVUPS %d(SI), Y%d", 32*i, i)
		a.op("VPAND Y14, Y%d, Y%d", i, 4+i)
	}
	a.op("VPMAXUD Y5, Y4, Y4")
	a.op("VPMAXUD Y7, Y6, Y6")
	a.op("VPMAXUD Y6, Y4, Y4")
	a.reduce256("VPMAXUD", 4)
	a.op("VDIVSS X15, X4, X6") // scale
	a.op("VDIVSS X4, X15, X7")
	a.op("VBROADCASTSS X7, Y7")
	for i := range 4 {
		a.op("VMULPS Y7, Y%d, Y%d", i, i)
		a.op("VCVTPS2DQ Y%d, Y%d", i, i)
	}
	a.op("VPADDD Y1, Y0, Y4")
	a.op("VPADDD Y3, Y2, Y5")
	a.op("VPADDD Y5, Y4, Y4")
	a.op("VPACKSSDW Y1, Y0, Y0")
	a.op("VPACKSSDW Y3, Y2, Y2")
	a.op("VPACKSSWB Y2, Y0, Y0")
	a.op("VPERMD Y0, Y13, Y0") // packing worked on each half of the registers by itself
	a.op("VMOVDQU Y0, (DI)")
	a.reduce256("VPADDD", 4)
	a.op("VMOVD X4, AX")
	a.op("IMULL DX, AX")
	a.op("MOVL AX, %d(DI)", quantGroup)
	a.op("VMOVSS X6, %d(DI)", quantGroup+4)
	a.op("ADDQ $128, SI")
	a.op("ADDQ $%d, DI", quantRecord)
	a.op("SUBQ $1, CX")
	a.op("JNZ loop")
	a.ret()
}

// reduce256 folds the eight words of Y register x into the first; the register after it is used on the way.
func (a *asm) reduce256(op string, x int) {
	a.op("VEXTRACTI128 $1, Y%d, X%d", x, x+1)
	a.op("%s X%d, X%d, X%d", op, x+1, x, x)
	for _, order := range []string{"0x4e", "0xb1"} {
		a.op("VPSHUFD $%s, X%d, X%d", order, x, x+1)
		a.op("%s X%d, X%d, X%d", op, x+1, x, x)
	}
}
