package main

// Working registers of the kernels below: accumulators and inputs from 0 up, constants from 10 to 14, so that the same
// description fits the 16 registers of AVX2 (15 is the mask of the partial vector).
const (
	high = 14 // the constant expHigh
	one  = 13 // the constant 1
	c0   = 12 // scalar arguments
	c1   = 11
)

func spans() []*span {
	all := []*span{
		{name: "dot", slices: names("x", "y"), result: true, unroll: 4, before: clear4,
			body: func(v *vec, u int) {
				v.load(0, 4+u)
				v.load(1, 8+u)
				v.do("VFMADD231PS", 4+u, 8+u, u)
			}, after: func(v *vec) { v.total(4) }},
		{name: "sum", slices: names("x"), result: true, unroll: 4, before: clear4,
			body: func(v *vec, u int) {
				v.load(0, 4+u)
				v.do("VADDPS", 4+u, u, u)
			}, after: func(v *vec) { v.total(4) }},
		{name: "sumSquares", slices: names("x"), result: true, unroll: 4, before: clear4,
			body: func(v *vec, u int) {
				v.load(0, 4+u)
				v.do("VFMADD231PS", 4+u, 4+u, u)
			}, after: func(v *vec) { v.total(4) }},
		{name: "axpy", slices: names("x", "y"), scalars: names("alpha"), unroll: 2,
			before: func(v *vec) { v.scalar(0, c0) },
			body: func(v *vec, u int) {
				v.load(0, 2*u)
				v.load(1, 2*u+1)
				v.do("VFMADD231PS", 2*u, c0, 2*u+1)
				v.store(2*u+1, 1)
			}},
		{name: "scale", slices: names("x"), scalars: names("alpha"), unroll: 2,
			before: func(v *vec) { v.scalar(0, c0) },
			body: func(v *vec, u int) {
				v.load(0, u)
				v.do("VMULPS", c0, u, u)
				v.store(u, 0)
			}},
		{name: "affine", slices: names("y", "x"), scalars: names("factor", "term"), unroll: 2,
			before: func(v *vec) { v.scalar(0, c0); v.scalar(1, c1) },
			body: func(v *vec, u int) {
				v.load(1, u)
				v.do("VFMADD213PS", c1, c0, u)
				v.store(u, 0)
			}},
		{name: "squaresFrom", slices: names("x"), scalars: names("shift"), result: true, unroll: 4,
			before: func(v *vec) { clear4(v); v.scalar(0, c0) },
			body: func(v *vec, u int) {
				v.load(0, 4+u)
				v.do("VSUBPS", c0, 4+u, 4+u)
				v.keep(4 + u)
				v.do("VFMADD231PS", 4+u, 4+u, u)
			}, after: func(v *vec) { v.total(4) }},
		{name: "normForward", slices: names("y", "x", "w", "b"), scalars: names("m", "r"), unroll: 2,
			before: func(v *vec) { v.scalar(0, c0); v.scalar(1, c1) },
			body: func(v *vec, u int) {
				v.load(1, 3*u)
				v.load(2, 3*u+1)
				v.load(3, 3*u+2)
				v.do("VSUBPS", c0, 3*u, 3*u)
				v.do("VMULPS", c1, 3*u, 3*u)
				v.do("VFMADD213PS", 3*u+2, 3*u+1, 3*u)
				v.store(3*u, 0)
			}},
		binary("add", "VADDPS"),
		binary("mul", "VMULPS"),
		{name: "mulAdd", slices: names("dst", "x", "y"), unroll: 2,
			body: func(v *vec, u int) {
				v.load(0, 3*u)
				v.load(1, 3*u+1)
				v.load(2, 3*u+2)
				v.do("VFMADD231PS", 3*u+1, 3*u+2, 3*u)
				v.store(3*u, 0)
			}},
		{name: "max", slices: names("x"), result: true, unroll: 1, before: maxBefore, body: maxBody, after: maxAfter},
	}
	all = append(all, exponentials()...)
	all = append(all, layers()...)
	return append(all, adamw(), rotate())
}

func names(n ...string) []string { return n }

func clear4(v *vec) {
	for u := range 4 {
		v.zero(v.reg(u))
	}
}

func binary(name, instruction string) *span {
	return &span{name: name, slices: names("dst", "x", "y"), unroll: 2, body: func(v *vec, u int) {
		v.load(1, 2*u)
		v.load(2, 2*u+1)
		v.do(instruction, 2*u+1, 2*u, 2*u)
		v.store(2*u, 0)
	}}
}

// max keeps the largest element in register 0 and, because VMAXPS loses a NaN, the elements that were NaN in register 2
// (AVX2) or K3 (AVX-512).
func maxBefore(v *vec) {
	v.constant("minusInf", 0)
	if v.width == 16 {
		v.op("KXORW K3, K3, K3")
	} else {
		v.zero(v.reg(2))
	}
}

func maxBody(v *vec, _ int) {
	switch {
	case !v.partial:
		v.load(0, 1)
	case v.width == 16:
		v.constant("minusInf", 1)
		v.op("VMOVUPS %s, K1, %s", v.address(0), v.reg(1))
	default:
		v.load(0, 1)
		v.constant("minusInf", 3)
		v.do("VBLENDVPS", 15, 1, 3, 1)
	}
	v.do("VMAXPS", 1, 0, 0)
	if v.width == 16 {
		v.op("VCMPPS $3, Z1, Z1, K2")
		v.op("KORW K2, K3, K3")
	} else {
		v.op("VCMPPS $3, Y1, Y1, Y1")
		v.do("VORPS", 1, 2, 2)
	}
}

func maxAfter(v *vec) {
	v.fold(1, "VMAXPS")
	if v.width == 16 {
		v.op("KORTESTW K3, K3")
	} else {
		v.op("VTESTPS Y2, Y2")
	}
	v.op("JZ clean")
	v.op("VPCMPEQD X0, X0, X0") // all ones is a NaN
	v.at("clean")
}

func exponentials() []*span {
	expBefore := func(v *vec) { v.constant("expHigh", high) }
	return []*span{
		{name: "exp", slices: names("dst", "x"), unroll: 1, before: expBefore,
			body: func(v *vec, _ int) {
				v.load(1, 0)
				v.exp(0, 1, high)
				v.store(0, 0)
			}},
		{name: "expSum", slices: names("dst", "x"), scalars: names("shift"), result: true, unroll: 1,
			before: func(v *vec) { expBefore(v); v.scalar(0, c0); v.zero(v.reg(0)) },
			body: func(v *vec, _ int) {
				v.load(1, 1)
				v.do("VSUBPS", c0, 1, 1)
				v.exp(1, 2, high)
				v.store(1, 0)
				v.keep(1)
				v.do("VADDPS", 1, 0, 0)
			}, after: func(v *vec) { v.total(1) }},
		{name: "expScale", slices: names("dst", "x"), scalars: names("shift", "factor"), unroll: 1,
			before: func(v *vec) { expBefore(v); v.scalar(0, c0); v.scalar(1, c1) },
			body: func(v *vec, _ int) {
				v.load(1, 1)
				v.do("VSUBPS", c0, 1, 1)
				v.exp(1, 2, high)
				v.do("VMULPS", c1, 1, 1)
				v.store(1, 0)
			}},
	}
}

func layers() []*span {
	gates := func(v *vec) { v.constant("expHigh", high); v.constant("one", one) }
	return []*span{
		{name: "softmaxBack", slices: names("dx", "y", "dy"), scalars: names("dot"), unroll: 1,
			before: func(v *vec) { v.scalar(0, c0) },
			body: func(v *vec, _ int) {
				v.load(2, 0)
				v.do("VSUBPS", c0, 0, 0)
				v.load(1, 1)
				v.load(0, 2)
				v.do("VFMADD231PS", 0, 1, 2)
				v.store(2, 0)
			}},
		{name: "scoreBack", slices: names("d", "p"), scalars: names("delta"), unroll: 1,
			before: func(v *vec) { v.scalar(0, c0) },
			body: func(v *vec, _ int) {
				v.load(0, 0)
				v.load(1, 1)
				v.do("VSUBPS", c0, 0, 0)
				v.do("VMULPS", 0, 1, 0)
				v.store(0, 0)
			}},
		{name: "rmsForward", slices: names("y", "x", "w"), scalars: names("r"), unroll: 2,
			before: func(v *vec) { v.scalar(0, c0) },
			body: func(v *vec, u int) {
				v.load(1, 2*u)
				v.load(2, 2*u+1)
				v.do("VMULPS", c0, 2*u, 2*u)
				v.do("VMULPS", 2*u+1, 2*u, 2*u)
				v.store(2*u, 0)
			}},
		{name: "rmsBackward", slices: names("dx", "dw", "dy", "x", "w"), scalars: names("r", "c"), unroll: 1,
			before: func(v *vec) { v.scalar(0, c0); v.scalar(1, c1) },
			body: func(v *vec, _ int) {
				for i := range 5 {
					v.load(i, i)
				}
				v.do("VMULPS", c0, 2, 2) // g = dy r
				v.do("VFMADD231PS", 2, 4, 0)
				v.do("VFNMADD231PS", 3, c1, 0)
				v.do("VFMADD231PS", 2, 3, 1)
				v.store(0, 0)
				v.store(1, 1)
			}},
		{name: "swiglu", slices: names("out", "gate", "up"), unroll: 1, before: gates,
			body: func(v *vec, _ int) {
				v.load(1, 0)
				v.load(1, 1)
				v.sigmoid(1, 2, high, one)
				v.load(2, 2)
				v.do("VMULPS", 1, 0, 0)
				v.do("VMULPS", 2, 0, 0)
				v.store(0, 0)
			}},
		{name: "swigluBack", slices: names("dgate", "dup", "dout", "gate", "up"), unroll: 1, before: gates, body: swigluBack},
		{name: "gelu", slices: names("out", "x"), unroll: 1, before: gates,
			body: func(v *vec, _ int) {
				v.load(1, 0)
				v.geluGate()
				v.do("VMULPS", 1, 0, 0)
				v.store(0, 0)
			}},
		{name: "geluBack", slices: names("dx", "dout", "x"), unroll: 1, before: gates, body: geluBack},
		{name: "geluErf", slices: names("out", "x"), unroll: 1, before: gates,
			body: func(v *vec, _ int) {
				v.load(1, 0)
				v.normalCDF()
				v.do("VMULPS", 1, 0, 0)
				v.store(0, 0)
			}},
		{name: "geluErfBack", slices: names("dx", "dout", "x"), unroll: 1, before: gates,
			body: func(v *vec, _ int) {
				v.load(2, 0)
				v.normalCDF()
				v.doC("VMULPS", "rootHalfPi", 6, 6) // the density
				v.do("VFMADD231PS", 0, 6, 1)
				v.load(1, 3)
				v.load(0, 2)
				v.do("VFMADD231PS", 1, 3, 2)
				v.store(2, 0)
			}},
	}
}

func swigluBack(v *vec, _ int) {
	v.load(3, 0) // g
	v.load(3, 1)
	v.sigmoid(1, 2, high, one)   // s
	v.load(2, 2)                 // dout
	v.do("VMULPS", 1, 2, 2)      // d = dout s
	v.load(1, 3)                 // dup
	v.do("VFMADD231PS", 0, 2, 3) // dup += d g
	v.store(3, 1)
	v.do("VSUBPS", 1, one, 1)      // 1 - s
	v.do("VFMADD213PS", one, 0, 1) // 1 + g (1 - s)
	v.load(4, 4)
	v.do("VMULPS", 4, 2, 2)
	v.load(0, 0)
	v.do("VFMADD231PS", 1, 2, 0)
	v.store(0, 0)
}

// geluGate computes sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)) of register 0 in register 1.
func (v *vec) geluGate() {
	v.do("VMULPS", 0, 0, 1)
	v.doC("VMULPS", "geluCube", 1, 1)
	v.do("VFMADD213PS", 0, 0, 1) // x (0.044715 x^2) + x
	v.doC("VMULPS", "geluTwo", 1, 1)
	v.sigmoid(1, 2, high, one)
}

// normalCDF computes the distribution function of the standard normal law at register 0 in register 1, and e^(-x^2/2) in
// register 6. The steps are those of normalCDF32 in package compute. It uses registers up to 9.
func (v *vec) normalCDF() {
	const x, phi, t, poly, e = 0, 1, 7, 8, 6
	v.do("VMULPS", x, x, e)
	v.doC("VMULPS", "minusHalf", e, e)
	v.exp(e, 2, high)
	v.constant("sign", t)
	v.do(v.andNot(), x, t, t) // |x|
	v.constant("erfStep", poly)
	v.do("VFMADD213PS", one, poly, t)
	v.do("VDIVPS", t, one, t)
	v.constant("erfPoly4", poly)
	for _, c := range []string{"erfPoly3", "erfPoly2", "erfPoly1", "erfPoly0"} {
		v.doC("VFMADD213PS", c, t, poly)
	}
	v.do("VMULPS", t, poly, poly)
	v.do("VMULPS", e, poly, poly) // half of erfc(|x|/sqrt 2)
	v.constant("half", t)
	v.do("VSUBPS", poly, t, poly)
	v.constant("sign", 9)
	v.do(v.and(), x, 9, 9)
	v.do(v.xor(), 9, poly, poly)
	v.do("VADDPS", t, poly, phi)
}

func geluBack(v *vec, _ int) {
	v.load(2, 0)
	v.geluGate()
	v.do("VMULPS", 0, 0, 2)
	v.constant("geluTwo", 4)
	v.constant("geluSlope", 3)
	v.do("VFMADD231PS", 2, 3, 4) // slope
	v.do("VSUBPS", 1, one, 2)    // 1 - s
	v.do("VMULPS", 1, 2, 2)
	v.do("VMULPS", 0, 2, 2)
	v.do("VFMADD213PS", 1, 4, 2) // s + x s (1 - s) slope
	v.load(1, 3)
	v.load(0, 0)
	v.do("VFMADD231PS", 2, 3, 0)
	v.store(0, 0)
}

// adamw reads its constants from a structure of eight float32 in the order of adamwConstants.
func adamw() *span {
	const gradScale, decay, oneMinusB1, beta2, oneMinusB2, rootBias2, eps, step = 0, 1, 2, 3, 4, 5, 6, 7
	return &span{name: "adamw", slices: names("p", "g", "m", "v"), scalars: names("c:*adamwConstants"), unroll: 1,
		before: func(v *vec) {
			v.op("MOVQ c+96(FP), AX")
			for i := range 8 {
				v.op("VBROADCASTSS %d(AX), %s", 4*i, v.reg(7+i))
			}
		},
		body: func(v *vec, _ int) {
			k := func(i int) int { return 7 + i }
			for i := range 4 {
				v.load(i, i)
			}
			v.do("VMULPS", k(gradScale), 1, 1)
			v.do("VSUBPS", 2, 1, 4)
			v.do("VFMADD231PS", 4, k(oneMinusB1), 2)
			v.store(2, 2)
			v.do("VMULPS", k(beta2), 3, 3)
			v.do("VMULPS", 1, 1, 1)
			v.do("VFMADD231PS", 1, k(oneMinusB2), 3)
			v.store(3, 3)
			v.do("VSQRTPS", 3, 4)
			v.do("VDIVPS", k(rootBias2), 4, 4)
			v.do("VADDPS", k(eps), 4, 4)
			v.do("VDIVPS", 4, 2, 2)
			v.do("VMULPS", k(decay), 0, 0)
			v.do("VFNMADD231PS", 2, k(step), 0)
			v.store(0, 0)
		}}
}

// rotate turns pairs (a, b) by the angles whose cosines and sines are given; the sine is multiplied by sign first.
func rotate() *span {
	return &span{name: "rotate", slices: names("a", "b", "cos", "sin"), scalars: names("sign"), unroll: 1,
		before: func(v *vec) { v.scalar(0, c0) },
		body: func(v *vec, _ int) {
			for i := range 4 {
				v.load(i, i)
			}
			v.do("VMULPS", c0, 3, 3)
			v.do("VMULPS", 0, 2, 4)
			v.do("VFNMADD231PS", 1, 3, 4)
			v.store(4, 0)
			v.do("VMULPS", 1, 2, 5)
			v.do("VFMADD231PS", 0, 3, 5)
			v.store(5, 1)
		}}
}
