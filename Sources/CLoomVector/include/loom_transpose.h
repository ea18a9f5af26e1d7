// Transposes of matrices.
#pragma once
#include <stddef.h>

/// y[c * y_stride + r] = x[r * x_stride + c] for r < rows, c < columns; elements of 4 or 8 bytes of any
/// kind, strides in elements. `x` and `y` must not overlap.
void loom_transpose_4(const void *x, size_t x_stride, void *y, size_t y_stride, size_t rows,
                      size_t columns);
void loom_transpose_8(const void *x, size_t x_stride, void *y, size_t y_stride, size_t rows,
                      size_t columns);
