// Package pbkdf2 is the standard package of that name, for the interpreter.
package pbkdf2

import (
	"crypto/pbkdf2"
	"hash"
)

// Key derives a key from a password.
func Key[Hash hash.Hash](h func() Hash, password string, salt []byte, iter, keyLength int) ([]byte, error) {
	return pbkdf2.Key[hash.Hash](func() hash.Hash { return h() }, password, salt, iter, keyLength)
}
