// Transposes by tiles of one cache line in both directions: every line is read and written whole, so
// that strides which are powers of two do not hurt.
#pragma once
#include "Vectors.h"

// One round exchanges blocks of size D between rows i and i + D. Its lane pattern interleaves the
// blocks of both rows.
#define LOOM_ROUND(COUNT, D, LOW, HIGH)                                    \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < COUNT; i++) {     \
    if (i & D) continue;                                                   \
    const __typeof__(r[0]) a = r[i], b = r[i + D];                         \
    r[i] = LOW;                                                            \
    r[i + D] = HIGH;                                                       \
  }

LOOM_INLINE void tile_4(const float *x, size_t x_stride, float *y, size_t y_stride) {
  f32x16 r[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i++) r[i] = load_f32x16(x + (size_t)i * x_stride);
  LOOM_ROUND(16, 8,
      __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
      __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  LOOM_ROUND(16, 4,
      __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
      __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  LOOM_ROUND(16, 2,
      __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
      __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  LOOM_ROUND(16, 1,
      __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
      __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i++) store_f32x16(y + (size_t)i * y_stride, r[i]);
}

LOOM_INLINE void tile_8(const double *x, size_t x_stride, double *y, size_t y_stride) {
  f64x8 r[8];
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) r[i] = load_f64x8(x + (size_t)i * x_stride);
  LOOM_ROUND(8, 4, __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11),
             __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
  LOOM_ROUND(8, 2, __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13),
             __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15))
  LOOM_ROUND(8, 1, __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14),
             __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) store_f64x8(y + (size_t)i * y_stride, r[i]);
}

#define LOOM_TRANSPOSE(NAME, REAL, SIDE, TILE)                                                    \
  void LOOM_FUNCTION(NAME)(const void *from, size_t x_stride, void *to, size_t y_stride,          \
                           size_t rows, size_t columns) {                                         \
    const REAL *x = from;                                                                         \
    REAL *y = to;                                                                                 \
    const size_t whole_rows = rows - rows % SIDE, whole_columns = columns - columns % SIDE;       \
    for (size_t r = 0; r < whole_rows; r += SIDE)                                                 \
      for (size_t c = 0; c < whole_columns; c += SIDE)                                            \
        TILE(x + r * x_stride + c, x_stride, y + c * y_stride + r, y_stride);                     \
    for (size_t c = whole_columns; c < columns; c++)                                              \
      for (size_t r = 0; r < whole_rows; r++) y[c * y_stride + r] = x[r * x_stride + c];          \
    for (size_t r = whole_rows; r < rows; r++)                                                    \
      for (size_t c = 0; c < columns; c++) y[c * y_stride + r] = x[r * x_stride + c];             \
  }

LOOM_TRANSPOSE(loom_transpose_4, float, 16, tile_4)
LOOM_TRANSPOSE(loom_transpose_8, double, 8, tile_8)

// y[p * side + i] = x[i * step + p] for i < lines, p < k: what packing a panel for a matrix product
// needs. All panel sides are multiples of four.
#define LOOM_TRANSPOSE_PANEL(NAME, REAL, V)                                                       \
  LOOM_INLINE void NAME(const REAL *x, size_t step, REAL *y, size_t side, size_t lines, size_t k) { \
    const size_t whole = k - k % 4;                                                               \
    size_t i = 0;                                                                                 \
    for (; i + 4 <= lines; i += 4) {                                                              \
      const REAL *from = x + i * step;                                                            \
      for (size_t p = 0; p < whole; p += 4) {                                                     \
        V r[4] = {load_##V(from + p), load_##V(from + step + p), load_##V(from + 2 * step + p),   \
                  load_##V(from + 3 * step + p)};                                                 \
        LOOM_ROUND(4, 2, __builtin_shufflevector(a, b, 0, 1, 4, 5),                               \
                   __builtin_shufflevector(a, b, 2, 3, 6, 7))                                     \
        LOOM_ROUND(4, 1, __builtin_shufflevector(a, b, 0, 4, 2, 6),                               \
                   __builtin_shufflevector(a, b, 1, 5, 3, 7))                                     \
        for (int q = 0; q < 4; q++) store_##V(y + (p + (size_t)q) * side + i, r[q]);              \
      }                                                                                           \
      for (size_t p = whole; p < k; p++)                                                          \
        for (size_t q = 0; q < 4; q++) y[p * side + i + q] = from[q * step + p];                  \
    }                                                                                             \
    for (; i < lines; i++)                                                                        \
      for (size_t p = 0; p < k; p++) y[p * side + i] = x[i * step + p];                           \
  }
LOOM_TRANSPOSE_PANEL(transpose_panel_4, float, f32x4)
LOOM_TRANSPOSE_PANEL(transpose_panel_8, double, f64x4)
#undef LOOM_ROUND
