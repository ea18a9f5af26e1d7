// Products of matrices, one thread.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Elements a caller provides as scratch space for one call, aligned to 64 bytes.
enum { LOOM_GEMM_SCRATCH = (256 + 1024) * 256 };

/// c = a b, or c += a b if `accumulate`, for an m x k matrix a and a k x n matrix b.
///
/// Element (i, p) of a is a[i * a_row + p * a_column], likewise for b, so that a transposed operand is
/// one with its strides exchanged; one stride of each operand should be 1. Row i of c starts at
/// c + i * c_row. k = 0 gives zeros. NaN and infinity are never skipped (0 * NaN = NaN). Sums run in
/// order of p within blocks of 256; an element's value does not depend on m, n or its position.
void loom_gemm_f32(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column,
                   const float *b, size_t b_row, size_t b_column, float *c, size_t c_row,
                   bool accumulate, float *scratch);
void loom_gemm_f64(size_t m, size_t n, size_t k, const double *a, size_t a_row, size_t a_column,
                   const double *b, size_t b_row, size_t b_column, double *c, size_t c_row,
                   bool accumulate, double *scratch);
