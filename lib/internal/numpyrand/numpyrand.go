// Package numpyrand is NumPy's default generator, as far as data sets are shuffled with it.
package numpyrand

import "math/bits"

// A Generator is numpy.random.default_rng(seed): PCG64 (O'Neill 2014, XSL RR 128/64), seeded by NumPy's SeedSequence.
type Generator struct {
	high, low       uint64 // the state
	incHigh, incLow uint64
	spare           uint32 // the upper half of the last number that was halved
	has             bool
}

// New seeds a generator.
func New(seed uint64) *Generator {
	s := words(seed)
	g := &Generator{}
	g.incHigh, g.incLow = s[2]<<1|s[3]>>63, s[3]<<1|1
	g.step()
	var carry uint64
	g.low, carry = bits.Add64(g.low, s[1], 0)
	g.high, _ = bits.Add64(g.high, s[0], carry)
	g.step()
	return g
}

// words is SeedSequence(seed).generate_state(4, uint64): the seed's 32-bit words are hashed into a pool of four, and numbers are
// hashed out of it (after O'Neill's seed_seq_fe).
func words(seed uint64) [4]uint64 {
	const initA, multA, initB, multB, mixL, mixR = 0x43b0d7e5, 0x931e8875, 0x8b51f9dd, 0x58f38ded, 0xca01f9dd, 0x4973f715
	entropy := []uint32{uint32(seed)}
	if seed>>32 != 0 {
		entropy = append(entropy, uint32(seed>>32))
	}
	c := uint32(initA)
	hash := func(v uint32) uint32 {
		v ^= c
		c *= multA
		v *= c
		return v ^ v>>16
	}
	mix := func(x, y uint32) uint32 {
		r := x*mixL - y*mixR
		return r ^ r>>16
	}
	var pool [4]uint32
	for i := range pool {
		v := uint32(0)
		if i < len(entropy) {
			v = entropy[i]
		}
		pool[i] = hash(v)
	}
	for from := range pool {
		for to := range pool {
			if from != to {
				pool[to] = mix(pool[to], hash(pool[from]))
			}
		}
	}
	var out [4]uint64
	c = initB
	for i := range 8 {
		v := pool[i%4] ^ c
		c *= multB
		v *= c
		v ^= v >> 16
		out[i/2] |= uint64(v) << (32 * (i % 2))
	}
	return out
}

// step moves the state: state = state * multiplier + increment, modulo 2^128.
func (g *Generator) step() {
	const mulHigh, mulLow = 2549297995355413924, 4865540595714422341
	high, low := bits.Mul64(g.low, mulLow)
	high += g.high*mulLow + g.low*mulHigh
	var carry uint64
	g.low, carry = bits.Add64(low, g.incLow, 0)
	g.high, _ = bits.Add64(high, g.incHigh, carry)
}

// Uint64 is the next number.
func (g *Generator) Uint64() uint64 {
	g.step()
	return bits.RotateLeft64(g.high^g.low, -int(g.high>>58))
}

// uint32 is the next half of a number, the lower one first.
func (g *Generator) uint32() uint32 {
	if g.has {
		g.has = false
		return g.spare
	}
	v := g.Uint64()
	g.spare, g.has = uint32(v>>32), true
	return uint32(v)
}

// interval is a number from 0 to most, by masks and rejection.
func (g *Generator) interval(most uint64) uint64 {
	if most == 0 {
		return 0
	}
	mask := uint64(1)<<bits.Len64(most) - 1
	for {
		var v uint64
		if most <= 0xffffffff {
			v = uint64(g.uint32()) & mask
		} else {
			v = g.Uint64() & mask
		}
		if v <= most {
			return v
		}
	}
}

// Perm is generator.permutation(n).
func (g *Generator) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := int(g.interval(uint64(i)))
		p[i], p[j] = p[j], p[i]
	}
	return p
}
