// Products of a few rows with a matrix, one thread.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// c = a b for an m x k matrix a with m <= 4, whose rows start every `a_row` elements.
///
/// b is k x n with rows every `b_row` elements; if `transposed`, b is stored n x k instead. Rows of c
/// start every `c_row` elements. Reads b once and packs nothing: bound by memory, not arithmetic.
/// k = 0 gives zeros; NaN and infinity are never skipped.
void loom_gemv_f32(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *b,
                   size_t b_row, bool transposed, float *c, size_t c_row);
void loom_gemv_f64(size_t m, size_t n, size_t k, const double *a, size_t a_row, const double *b,
                   size_t b_row, bool transposed, double *c, size_t c_row);
