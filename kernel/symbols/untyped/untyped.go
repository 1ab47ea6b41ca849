// Package untyped makes the values of untyped constants in symbol tables. The interpreter wants them as
// go/constant values, which keep their full precision until they get a type.
package untyped

import (
	"go/constant"
	"go/token"
	"reflect"
	"strconv"
)

// Int is an untyped integer, written in decimal.
func Int(s string) reflect.Value {
	return reflect.ValueOf(constant.MakeFromLiteral(s, token.INT, 0))
}

// Float is the untyped floating-point number num/den, both written in decimal.
func Float(num, den string) reflect.Value {
	return reflect.ValueOf(constant.BinaryOp(constant.MakeFromLiteral(num, token.FLOAT, 0), token.QUO, constant.MakeFromLiteral(den, token.FLOAT, 0)))
}

// Rune is an untyped rune.
func Rune(r rune) reflect.Value {
	return reflect.ValueOf(constant.MakeFromLiteral(strconv.QuoteRune(r), token.CHAR, 0))
}

// String is an untyped string.
func String(s string) reflect.Value {
	return reflect.ValueOf(constant.MakeString(s))
}

// Bool is an untyped boolean.
func Bool(b bool) reflect.Value { return reflect.ValueOf(constant.MakeBool(b)) }
