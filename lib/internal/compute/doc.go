// Package compute is the one seam through which all heavy arithmetic of the library goes: matrix products,
// attention, and the row kernels of a transformer, on float32 slices.
//
// Nothing here knows tensors, gradients tapes or models. A kernel takes slices and sizes, checks them at the seam,
// and panics with *Error on misuse. The rules that hold for every exported function:
//
//   - Matrices are row-major; ld* is the distance in elements between two rows.
//   - Forward kernels overwrite their result. Backward kernels ADD into gradients, so that a value used twice needs no
//     extra pass; the caller clears gradients first.
//   - A destination may be the very same slice as a source where the function says so, and must not otherwise overlap it.
//   - Work is split by size alone, never by the number of workers, and partial sums are combined in order:
//     the same input gives the same bits on one core and on sixty-four. Different instruction sets agree within rounding.
//   - NaN and Inf go through; no kernel hides them.
//
// Each kernel has a scalar version in plain Go that states its equation. On amd64 generated assembly for AVX-512 or AVX2
// takes over when the processor has it, and on Linux tile registers (AMX-BF16) for products of bfloat16; LYCEUM_CPU=avx512,
// avx2 or scalar in the environment forces a lower level.
package compute

//go:generate go run ./gen
