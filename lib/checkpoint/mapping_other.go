//go:build !unix

package checkpoint

import "os"

// mapped reads the file: a mapped file could not be replaced on this system, and a model is often saved where it came from.
func mapped(file string) (data []byte, keep *mapping, err error) {
	data, err = os.ReadFile(file)
	return data, nil, err
}
