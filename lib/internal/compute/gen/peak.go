package main

import (
	"bytes"
	"fmt"
)

// peakFile writes loops of nothing but independent multiply-adds on registers: what the core can do at most.
func peakFile(stubs *bytes.Buffer) []byte {
	a := newAsm(avx512, stubs)
	for _, s := range []*isa{avx512, avx2} {
		a.isa = s
		a.function("peak"+s.suffix, "(turns int)", 8)
		a.op("MOVQ turns+0(FP), CX")
		const sums = 12
		for i := range sums + 2 {
			a.zero(a.reg(i))
		}
		a.at("turn")
		for range 2 {
			for i := range sums {
				a.op("VFMADD231PS %s, %s, %s", a.reg(sums), a.reg(sums+1), a.reg(i))
			}
		}
		a.op("SUBQ $1, CX")
		a.op("JNZ turn")
		a.ret()
	}
	a.isa = avx512
	a.function("peakBF16x512", "(turns int)", 8)
	a.op("MOVQ turns+0(FP), CX")
	for i := range 14 {
		a.zero(a.reg(i))
	}
	a.at("turn")
	for i := range 24 {
		a.dotPairs(12, 13, i%12)
	}
	a.op("SUBQ $1, CX")
	a.op("JNZ turn")
	a.ret()
	a.function("vendor", "() uint32", 4)
	a.op("XORL AX, AX")
	a.op("CPUID")
	a.op("MOVL BX, ret+0(FP)")
	a.op("RET")
	fmt.Fprintf(a.stubs, "\n// Multiply-adds of one float32 in one turn of peak512 and peak256.\nconst (\n\tpeakTurn512 = %d\n\tpeakTurn256 = %d\n)\n", 24*16, 24*8)
	return a.buf.Bytes()
}
