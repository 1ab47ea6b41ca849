package main

import (
	"bytes"
	"fmt"
	"io"
)

type repeat struct {
	b byte
	n int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	k := min(len(p), r.n)
	for i := range p[:k] {
		p[i] = r.b
	}
	r.n -= k
	return k, nil
}
func main() {
	var buf bytes.Buffer
	n, err := io.Copy(&buf, &repeat{'z', 5})
	fmt.Println(n, err, buf.String())
}
