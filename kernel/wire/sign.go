package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// A Signer signs messages with the key of the connection file and remembers the signatures it has seen, so
// that no message is taken twice.
type Signer struct {
	key  []byte
	hash func() hash.Hash

	mu    sync.Mutex
	seen  map[string]bool
	order []string
}

// remembered is how many signatures are kept (ipykernel keeps as many).
const remembered = 1 << 16

// NewSigner returns a signer for a scheme of the connection file; an empty key means that nothing is signed.
func NewSigner(scheme, key string) (*Signer, error) {
	s := &Signer{key: []byte(key), seen: map[string]bool{}}
	switch scheme {
	case "", "hmac-sha256":
		s.hash = sha256.New
	case "hmac-sha512":
		s.hash = sha512.New
	default:
		return nil, fmt.Errorf("signature_scheme %q is not known: use hmac-sha256 or hmac-sha512", scheme)
	}
	return s, nil
}

// Sign returns the signature over the four JSON frames in hexadecimal.
func (s *Signer) Sign(parts ...[]byte) []byte {
	if len(s.key) == 0 {
		return []byte{}
	}
	h := hmac.New(s.hash, s.key)
	for _, p := range parts {
		h.Write(p)
	}
	return []byte(hex.EncodeToString(h.Sum(nil)))
}

var (
	errSignature = errors.New("the signature is wrong")
	errReplay    = errors.New("the message was received before")
)

// Verify checks a signature, and that it is new.
func (s *Signer) Verify(signature []byte, parts [][]byte) error {
	if len(s.key) == 0 {
		return nil
	}
	if !hmac.Equal(signature, s.Sign(parts...)) {
		return errSignature
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := string(signature)
	if s.seen[k] {
		return errReplay
	}
	s.seen[k] = true
	s.order = append(s.order, k)
	if len(s.order) > remembered {
		delete(s.seen, s.order[0])
		s.order = s.order[1:]
	}
	return nil
}
