//go:build !darwin

package blas

import "errors"

// UseAccelerate lets large products go through Apple's Accelerate framework; the error says that there is none here.
func UseAccelerate() (back func(), err error) {
	return nil, errors.New("blas: Accelerate is part of macOS")
}
