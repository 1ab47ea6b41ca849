package main

import (
	"bytes"
	"fmt"
	"math/bits"
)

const tileSignature = "(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add, cols int)"

// tileFile writes the inner kernels of the matrix product: for each height r, one that reads A by rows and one that reads
// it by columns; for AVX2 also one that reads rows cut into chunks and packed. A tile is r rows of two vectors; all its sums stay in registers. The pair kernels are the same with
// words of two bfloat16 in the place of floats in A and B.
//
// Registers: AX k, SI and R13 rows 0 and 9 of A, DX its stride and R10, R11, R12 3, 5 and 7 times that, BX and DI B and
// its stride, R8 and R9 C and its stride, CX the row of C that is asked for.
func tileFile(s *isa, stubs *bytes.Buffer) []byte {
	a := newAsm(s, stubs)
	if s == avx2 {
		a.maskTable()
		a.spanMaskTable()
	}
	for r := 1; r <= s.rows; r++ {
		a.tile(r, byRow)
		a.tile(r, byCol)
		if s == avx2 {
			a.tile(r, byChunk)
		}
	}
	if s == avx512 {
		a.pairs = true
		for r := 1; r <= s.rows; r++ {
			a.tile(r, byRow)
			a.tile(r, byCol)
		}
		for r := 1; r <= s.dotRows(); r++ {
			a.dotTile(r, 4)
			a.dotTile(r, 1)
		}
		a.pairs = false
	}
	for r := 1; r <= s.dotRows(); r++ {
		a.dotTile(r, 4)
		a.dotTile(r, 1)
	}
	return a.buf.Bytes()
}

// order is how a kernel finds the elements of A.
type order string

const (
	byRow   order = "Rows"   // rows lie lda apart
	byCol   order = "Cols"   // so do columns
	byChunk order = "Chunks" // chunkLength elements of each row, then so many more of each
)

// chunkLength is a vector of AVX2.
const chunkLength = 8

// steps is how many steps along k the loop takes at a time.
func (o order) steps() int {
	if o == byChunk {
		return chunkLength
	}
	return 4
}

func (a *asm) tile(r int, o order) {
	kind := string(o)
	if a.pairs {
		kind = "Pair" + kind
	}
	a.function(fmt.Sprintf("tile%s%d_%s", kind, r, a.suffix), tileSignature, 80)
	a.op("MOVQ k+0(FP), AX")
	a.op("MOVQ a+8(FP), SI")
	a.op("MOVQ lda+16(FP), DX")
	a.op("MOVQ b+24(FP), BX")
	a.op("MOVQ ldb+32(FP), DI")
	a.op("MOVQ c+40(FP), R8")
	a.op("MOVQ ldc+48(FP), R9")
	for _, reg := range []string{"DX", "DI", "R9"} {
		a.op("SHLQ $2, %s", reg)
	}
	a.rowPointers(r, o)
	for i := range r {
		a.zero(a.sum(i, 0))
		a.zero(a.sum(i, 1))
	}
	a.tileLoop(r, o)
	a.storeTile(r)
}

// sum is the register of row i, vector v.
func (a *asm) sum(i, v int) string { return a.reg(2*i + v) }

func (a *asm) rowPointers(r int, o order) {
	if o != byRow {
		return
	}
	if r > 3 {
		a.op("LEAQ (DX)(DX*2), R10")
	}
	if r > 5 {
		a.op("LEAQ (DX)(DX*4), R11")
	}
	if r > 7 {
		a.op("LEAQ (R10)(DX*4), R12")
	}
	if r > 9 {
		a.op("LEAQ (SI)(DX*8), R13")
		a.op("ADDQ DX, R13")
	}
}

// element is the address of A(i, p) relative to the running pointers.
func element(i, p int, o order) string {
	switch o {
	case byCol:
		return fmt.Sprintf("%d(SI)", 4*i)
	case byChunk:
		return fmt.Sprintf("%d(SI)", 4*(chunkLength*i+p))
	}
	index := []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R10*1)", "(SI)(DX*4)", "(SI)(R11*1)", "(SI)(R10*2)", "(SI)(R12*1)",
		"(SI)(DX*8)", "(R13)", "(R13)(DX*1)", "(R13)(DX*2)", "(R13)(R10*1)", "(R13)(DX*4)"}
	return fmt.Sprintf("%d%s", 4*p, index[i])
}

// tileLoop adds A(:,p) * B(p,:) for all p, some at a time. Each of the first turns asks for a row of C: asked for at once,
// the rows would keep A and B waiting. After these turns the loop begins anew with R9 = 0, so that CX stays at the last row.
// The argument k holds what is left when the loop ends.
func (a *asm) tileLoop(r int, o order) {
	unroll := o.steps()
	shift := bits.Len(uint(unroll)) - 1
	a.op("MOVQ R8, CX")
	a.op("SUBQ R9, CX")
	a.op("SHRQ $%d, AX", shift)
	a.op("JZ rest")
	a.op("CMPQ AX, $%d", r)
	a.op("JLE turns")
	a.op("MOVQ $%d, AX", r)
	a.at("turns")
	a.op("SHLQ $%d, AX", shift)
	a.op("SUBQ AX, k+0(FP)")
	a.at("some")
	a.op("ADDQ R9, CX")
	a.op("PREFETCHT0 (CX)")
	a.op("PREFETCHT0 %d(CX)", 2*a.bytes()-4)
	for p := range unroll {
		a.tileStep(r, p, o)
	}
	a.advance(r, unroll, o)
	a.op("SUBQ $%d, AX", unroll)
	a.op("JNZ some")
	a.op("XORL R9, R9")
	a.op("MOVQ k+0(FP), AX")
	a.op("ANDQ $%d, k+0(FP)", unroll-1)
	a.op("SUBQ k+0(FP), AX")
	a.op("JNZ some")
	a.at("rest")
	a.op("MOVQ k+0(FP), AX")
	a.op("TESTQ AX, AX")
	a.op("JZ store")
	a.at("one")
	a.tileStep(r, 0, o)
	a.advance(r, 1, o)
	a.op("SUBQ $1, AX")
	a.op("JNZ one")
	a.at("store")
	a.op("MOVQ ldc+48(FP), R9")
	a.op("SHLQ $2, R9")
}

func (a *asm) advance(r, steps int, o order) {
	switch {
	case o == byCol:
		return
	case o == byChunk && steps == chunkLength:
		steps *= r
	}
	a.op("ADDQ $%d, SI", 4*steps)
	if r > 9 && o == byRow {
		a.op("ADDQ $%d, R13", 4*steps)
	}
}

func (a *asm) tileStep(r, p int, o order) {
	b0, b1 := a.reg(2*a.rows), a.reg(2*a.rows+1)
	a.op("VMOVUPS (BX), %s", b0)
	a.op("VMOVUPS %d(BX), %s", a.bytes(), b1)
	a.op("ADDQ DI, BX")
	for i := range r {
		x := a.reg(2*a.rows + 2 + i%2)
		a.op("VBROADCASTSS %s, %s", element(i, p, o), x)
		a.multiplyAdd(2*a.rows, 2*a.rows+2+i%2, 2*i)
		a.multiplyAdd(2*a.rows+1, 2*a.rows+2+i%2, 2*i+1)
	}
	if o == byCol {
		a.op("ADDQ DX, SI")
	}
}

// multiplyAdd adds the products of registers x and y to register sum: of floats, or of pairs of bfloat16.
func (a *asm) multiplyAdd(x, y, sum int) {
	if a.pairs {
		a.dotPairs(x, y, sum)
		return
	}
	a.op("VFMADD231PS %s, %s, %s", a.reg(x), a.reg(y), a.reg(sum))
}

// dotPairs writes VDPBF16PS Zx, Zy, Zsum.
func (a *asm) dotPairs(x, y, sum int) { a.evex("VDPBF16PS", 2, 0x52, x, y, sum) }

// evex writes an instruction of 512 bits on registers that Go's assembler lacks, as bytes: EVEX.512.PREFIX.0F38.W0 OPCODE /r
// with the prefix 2 for F3 and 3 for F2. Registers 16 to 31 need the extension bits, which are stored inverted.
func (a *asm) evex(name string, prefix, opcode, x, y, to int) {
	bit := func(v, n int) int { return ^v >> n & 1 }
	p0 := bit(to, 3)<<7 | bit(x, 4)<<6 | bit(x, 3)<<5 | bit(to, 4)<<4 | 2
	p1 := (^y&15)<<3 | 4 | prefix
	p2 := 2<<5 | bit(y, 4)<<3
	mod := 3<<6 | to&7<<3 | x&7
	a.op("LONG $0x%02x%02x%02x62; WORD $0x%02x%02x // %s Z%d, Z%d, Z%d", p2, p1, p0, mod, opcode, name, x, y, to)
}

// storeTile writes alpha times the sums to C, or adds them, for whole tiles or for the first cols columns.
func (a *asm) storeTile(r int) {
	alpha := a.reg(2 * a.rows)
	a.op("MOVQ cols+72(FP), CX")
	a.op("VBROADCASTSS alpha+56(FP), %s", alpha)
	a.op("CMPQ add+64(FP), $0")
	a.op("JNE add")
	for i := range r {
		a.op("VMULPS %s, %s, %s", alpha, a.sum(i, 0), a.sum(i, 0))
		a.op("VMULPS %s, %s, %s", alpha, a.sum(i, 1), a.sum(i, 1))
	}
	a.op("CMPQ CX, $%d", 2*a.width)
	a.op("JNE part")
	a.eachRow(r, func(i, v int, c string) { a.op("VMOVUPS %s, %s", a.sum(i, v), c) })
	a.ret()
	a.at("part")
	a.tileMasks()
	a.eachRow(r, func(i, v int, c string) { a.storeMasked(v, a.sum(i, v), c) })
	a.ret()

	a.at("add")
	a.op("CMPQ CX, $%d", 2*a.width)
	a.op("JNE partAdd")
	a.eachRow(r, func(i, v int, c string) {
		a.op("VFMADD213PS %s, %s, %s", c, alpha, a.sum(i, v))
		a.op("VMOVUPS %s, %s", a.sum(i, v), c)
	})
	a.ret()
	a.at("partAdd")
	a.tileMasks()
	a.eachRow(r, func(i, v int, c string) {
		x := a.reg(2*a.rows + 1)
		a.loadMasked(v, c, x)
		a.op("VFMADD213PS %s, %s, %s", x, alpha, a.sum(i, v))
		a.storeMasked(v, a.sum(i, v), c)
	})
	a.ret()
}

// eachRow visits both vectors of each row of C.
func (a *asm) eachRow(r int, f func(i, v int, c string)) {
	for i := range r {
		f(i, 0, "(R8)")
		f(i, 1, fmt.Sprintf("%d(R8)", a.bytes()))
		if i < r-1 {
			a.op("ADDQ R9, R8")
		}
	}
}

// tileMasks makes the masks of the first CX of two vectors: K1 and K2, or the last two registers.
func (a *asm) tileMasks() {
	if a.width == 16 {
		a.op("MOVL $1, AX")
		a.op("SHLQ CX, AX")
		a.op("SUBQ $1, AX")
		a.op("KMOVW AX, K1")
		a.op("SHRQ $16, AX")
		a.op("KMOVW AX, K2")
		return
	}
	a.op("LEAQ tileMask<>+64(SB), AX")
	a.op("SHLQ $2, CX")
	a.op("SUBQ CX, AX")
	a.op("VMOVUPS (AX), %s", a.reg(14))
	a.op("VMOVUPS 32(AX), %s", a.reg(15))
}

func (a *asm) loadMasked(v int, from, to string) {
	if a.width == 16 {
		a.op("VMOVUPS.Z %s, K%d, %s", from, v+1, to)
	} else {
		a.op("VMASKMOVPS %s, %s, %s", from, a.reg(14+v), to)
	}
}

func (a *asm) storeMasked(v int, from, to string) {
	if a.width == 16 {
		a.op("VMOVUPS %s, K%d, %s", from, v+1, to)
	} else {
		a.op("VMASKMOVPS %s, %s, %s", from, a.reg(14+v), to)
	}
}

// maskTable is 16 words of ones and 16 of zeros; a window on it is the mask of the first so many elements.
func (a *asm) maskTable() {
	a.buf.WriteByte('\n')
	for i := range 16 {
		fmt.Fprintf(&a.buf, "DATA tileMask<>+%d(SB)/8, $%s\n", 8*i, map[bool]string{true: "-1", false: "0"}[i < 8])
	}
	fmt.Fprintf(&a.buf, "GLOBL tileMask<>(SB), RODATA|NOPTR, $128\n")
}
