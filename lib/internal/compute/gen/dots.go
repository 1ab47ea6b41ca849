package main

import "fmt"

// dotRows is how many rows of A one dot kernel takes at most; with four rows of B the sums fill the registers.
func (s *isa) dotRows() int {
	if s.width == 16 {
		return 6
	}
	return 2
}

const dotSignature = "(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, add int)"

// dotTile writes the kernel of r rows of A against n rows of B (4 or 1), both read along k, for products A * B^T with so few
// rows of A that copying B would cost as much as the product.
//
// Registers: AX k, SI A, DX its stride, BX B, DI its stride and R10 three times it, R11 and CX running pointers,
// R8 and R9 C and its stride, R12 the remaining k, R13 a byte offset.
func (a *asm) dotTile(r, n int) {
	name := "dots"
	if a.pairs {
		name = "pairDots"
	}
	a.function(fmt.Sprintf("%s%dx%d_%s", name, r, n, a.suffix), dotSignature, 72)
	a.op("MOVQ k+0(FP), R12")
	a.op("MOVQ a+8(FP), SI")
	a.op("MOVQ lda+16(FP), DX")
	a.op("MOVQ b+24(FP), BX")
	a.op("MOVQ ldb+32(FP), DI")
	a.op("MOVQ c+40(FP), R8")
	a.op("MOVQ ldc+48(FP), R9")
	for _, reg := range []string{"DX", "DI", "R9"} {
		a.op("SHLQ $2, %s", reg)
	}
	a.op("LEAQ (DI)(DI*2), R10")
	if r > 3 {
		a.op("LEAQ (DX)(DX*2), R13")
	}
	if r > 5 {
		a.op("LEAQ (DX)(DX*4), R11")
	}
	for i := range r * n {
		a.zero(a.reg(i))
	}
	a.at("loop")
	a.op("SUBQ $%d, R12", a.width)
	a.op("JLT rest")
	a.prefetchNext(r, n)
	a.dotStep(r, n, false)
	a.op("ADDQ $%d, SI", a.bytes())
	a.op("ADDQ $%d, BX", a.bytes())
	a.op("JMP loop")
	a.at("rest")
	a.op("ADDQ $%d, R12", a.width)
	a.op("JZ store")
	a.op("MOVQ R12, CX")
	a.spanMask()
	a.dotStep(r, n, true)
	a.at("store")
	a.storeDots(r, n)
}

// prefetchNext asks for the same place in the next four rows of B. The rows are short runs of memory, on which the
// processor's own prefetching starts anew each time; with few rows of A that is what limits the kernel.
func (a *asm) prefetchNext(r, n int) {
	if n != 4 {
		return
	}
	a.op("LEAQ (BX)(DI*4), CX")
	for _, at := range []string{"(CX)", "(CX)(DI*1)", "(CX)(DI*2)", "(CX)(R10*1)"} {
		a.op("PREFETCHT0 %s", at)
	}
}

// dotStep multiplies one vector of each row. The rows of A are operands in memory, but for the masked end.
func (a *asm) dotStep(r, n int, masked bool) {
	first := a.reg(r*n + n)
	load := func(from, to string) {
		switch {
		case !masked:
			a.op("VMOVUPS %s, %s", from, to)
		case a.width == 16:
			a.op("VMOVUPS.Z %s, K1, %s", from, to)
		default:
			a.op("VMASKMOVPS %s, %s, %s", from, a.reg(15), to)
		}
	}
	for j := range n {
		load([]string{"(BX)", "(BX)(DI*1)", "(BX)(DI*2)", "(BX)(R10*1)"}[j], a.reg(r*n+j))
	}
	for i := range r {
		load([]string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R13*1)", "(SI)(DX*4)", "(SI)(R11*1)"}[i], first)
		for j := range n {
			a.multiplyAdd(r*n+n, r*n+j, i*n+j)
		}
	}
}

// storeDots adds up the elements of each sum and writes a row of C at a time.
func (a *asm) storeDots(r, n int) {
	scale, spare := r*n, r*n+1
	x := func(i int) string { return fmt.Sprintf("X%d", i) }
	a.op("VBROADCASTSS alpha+56(FP), %s", x(scale))
	a.op("MOVQ add+64(FP), AX")
	for i := range r {
		sum := a.fourSums(i, n, spare)
		a.op("VMULPS %s, %s, %s", x(scale), sum, sum)
		a.op("TESTQ AX, AX")
		a.op("JZ set%d", i)
		move := map[int]string{4: "VMOVUPS", 1: "VMOVSS"}[n]
		a.op("%s (R8), %s", move, x(spare))
		a.op("VADDPS %s, %s, %s", x(spare), sum, sum)
		a.at(fmt.Sprintf("set%d", i))
		a.op("%s %s, (R8)", move, sum)
		if i < r-1 {
			a.op("ADDQ R9, R8")
		}
	}
	a.ret()
}

// fourSums adds up the elements of the n sums (4 or 1) of row i side by side and returns the register that holds them.
// With AVX-512 they move to the first registers on the way, because the instructions that add neighbours know only
// sixteen; so rows must be taken in order.
func (a *asm) fourSums(i, n, spare int) string {
	x := func(i int) string { return fmt.Sprintf("X%d", i) }
	y := func(i int) string { return fmt.Sprintf("Y%d", i) }
	at, extract := i*n, "VEXTRACTF128"
	if a.width == 16 {
		at, extract = 0, "VEXTRACTF32X4"
		for j := range n {
			a.op("VEXTRACTF64X4 $1, Z%d, %s", i*n+j, y(spare))
			a.op("VADDPS %s, %s, %s", y(spare), y(i*n+j), y(j))
		}
	}
	if n == 4 {
		a.op("VHADDPS %s, %s, %s", y(at+1), y(at), y(at))
		a.op("VHADDPS %s, %s, %s", y(at+3), y(at+2), y(at+2))
		a.op("VHADDPS %s, %s, %s", y(at+2), y(at), y(at))
	} else {
		a.op("VHADDPS %s, %s, %s", y(at), y(at), y(at))
		a.op("VHADDPS %s, %s, %s", y(at), y(at), y(at))
	}
	a.op("%s $1, %s, %s", extract, y(at), x(spare))
	a.op("VADDPS %s, %s, %s", x(spare), x(at), x(at))
	return x(at)
}
