// Products of one to four rows with a matrix: as many accumulators as hide the latency of an addition.
#pragma once
#include "Reduce.h"

enum { BEYOND_L2 = 1 << 20 };

// M rows of a times W vectors of columns of b (rows of b are contiguous).
#define LOOM_COLUMNS(NAME, REAL, V, LANES, M, W)                                                   \
  LOOM_INLINE void NAME(size_t k, const REAL *a, size_t a_row, const REAL *b, size_t b_row, REAL *c, \
                        size_t c_row) {                                                            \
    V sum[M][W];                                                                                   \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++)                                 \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < W; j++) sum[i][j] = (V)(0);         \
    for (size_t p = 0; p < k; p++) {                                                               \
      const REAL *row = b + p * b_row;                                                             \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < W; j++) {                             \
        const V right = load_##V(row + j * LANES);                                                 \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++)                             \
            sum[i][j] += (V)(a[(size_t)i * a_row + p]) * right;                                    \
      }                                                                                            \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++)                                 \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < W; j++)                             \
            store_##V(c + (size_t)i * c_row + j * LANES, sum[i][j]);                               \
  }

// c += M rows of a times eight rows of b: reads b as eight streams, which a matrix beyond L2 needs.
// Each element is summed in the same order as above.
#define LOOM_STREAMS(NAME, REAL, V, LANES, M)                                                      \
  LOOM_INLINE void NAME(size_t n, const REAL *a, size_t a_row, const REAL *b, size_t b_row, REAL *c, \
                        size_t c_row) {                                                            \
    V left[M][8];                                                                                  \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++)                                 \
        _Pragma("clang loop unroll(full)") for (int q = 0; q < 8; q++) left[i][q] =                \
            (V)(a[(size_t)i * a_row + q]);                                                         \
    for (size_t j = 0; j < n; j += LANES) {                                                        \
      V sum[M];                                                                                    \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++) sum[i] =                      \
          load_##V(c + (size_t)i * c_row + j);                                                     \
      _Pragma("clang loop unroll(full)") for (int q = 0; q < 8; q++) {                             \
        const V right = load_##V(b + (size_t)q * b_row + j);                                       \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++) sum[i] +=                   \
            left[i][q] * right;                                                                    \
      }                                                                                            \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++)                               \
          store_##V(c + (size_t)i * c_row + j, sum[i]);                                            \
    }                                                                                              \
  }

// M rows of a times four rows of b, both contiguous along k.
#define LOOM_DOTS(NAME, REAL, V, LANES, M, W)                                                      \
  LOOM_INLINE void NAME(size_t k, const REAL *a, size_t a_row, const REAL *b, size_t b_row, REAL *c, \
                        size_t c_row) {                                                            \
    V sum[M][W];                                                                                   \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++)                                 \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < W; j++) sum[i][j] = (V)(0);         \
    size_t p = 0;                                                                                  \
    for (; p + LANES <= k; p += LANES) {                                                           \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < W; j++) {                             \
        const V right = load_##V(b + (size_t)j * b_row + p);                                       \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < M; i++)                             \
            sum[i][j] += load_##V(a + (size_t)i * a_row + p) * right;                              \
      }                                                                                            \
    }                                                                                              \
    for (int i = 0; i < M; i++)                                                                    \
      for (int j = 0; j < W; j++) {                                                                \
        REAL total = total_##V(sum[i][j]);                                                         \
        for (size_t q = p; q < k; q++)                                                             \
          total += a[(size_t)i * a_row + q] * b[(size_t)j * b_row + q];                            \
        c[(size_t)i * c_row + j] = total;                                                          \
      }                                                                                            \
  }

// All columns of c: wide blocks, then single vectors, then a vector that overlaps the one before.
#define LOOM_GEMV_ROWS(REAL, V, LANES, M, W)                                                       \
  LOOM_COLUMNS(columns_wide_##V##_##M, REAL, V, LANES, M, W)                                       \
  LOOM_COLUMNS(columns_one_##V##_##M, REAL, V, LANES, M, 1)                                        \
  LOOM_STREAMS(streams_##V##_##M, REAL, V, LANES, M)                                               \
  LOOM_DOTS(dots_four_##V##_##M, REAL, V, LANES, M, 4)                                             \
  LOOM_DOTS(dots_one_##V##_##M, REAL, V, LANES, M, 1)                                              \
  static void gemv_##V##_##M(size_t n, size_t k, const REAL *a, size_t a_row, const REAL *b,       \
                             size_t b_row, bool transposed, REAL *c, size_t c_row) {               \
    size_t j = 0;                                                                                  \
    if (transposed) {                                                                              \
      for (; j + 4 <= n; j += 4)                                                                   \
        dots_four_##V##_##M(k, a, a_row, b + j * b_row, b_row, c + j, c_row);                      \
      for (; j < n; j++) dots_one_##V##_##M(k, a, a_row, b + j * b_row, b_row, c + j, c_row);      \
      return;                                                                                      \
    }                                                                                              \
    if (M <= 2 && k % 8 == 0 && n % LANES == 0 && k * n * sizeof *b > BEYOND_L2) {                 \
      for (size_t i = 0; i < M; i++) memset(c + i * c_row, 0, n * sizeof *c);                      \
      for (size_t p = 0; p < k; p += 8)                                                            \
        streams_##V##_##M(n, a + p, a_row, b + p * b_row, b_row, c, c_row);                        \
      return;                                                                                      \
    }                                                                                              \
    for (; j + W * LANES <= n; j += W * LANES)                                                     \
      columns_wide_##V##_##M(k, a, a_row, b + j, b_row, c + j, c_row);                             \
    for (; j + LANES <= n; j += LANES)                                                             \
      columns_one_##V##_##M(k, a, a_row, b + j, b_row, c + j, c_row);                              \
    if (j == n) return;                                                                            \
    if (n >= LANES) {                                                                              \
      j = n - LANES;                                                                               \
      columns_one_##V##_##M(k, a, a_row, b + j, b_row, c + j, c_row);                              \
      return;                                                                                      \
    }                                                                                              \
    V sum[M];                                                                                      \
    for (size_t i = 0; i < M; i++) sum[i] = (V)(0);                                                \
    for (size_t p = 0; p < k; p++) {                                                               \
      const V right = load_part_##V(b + p * b_row, n);                                             \
      for (size_t i = 0; i < M; i++) sum[i] += right * (V)(a[i * a_row + p]);                      \
    }                                                                                              \
    for (size_t i = 0; i < M; i++) store_part_##V(c + i * c_row, sum[i], n);                       \
  }

#define LOOM_GEMV(NAME, REAL, V, LANES)                                                            \
  LOOM_GEMV_ROWS(REAL, V, LANES, 1, 8)                                                             \
  LOOM_GEMV_ROWS(REAL, V, LANES, 2, 8)                                                             \
  LOOM_GEMV_ROWS(REAL, V, LANES, 3, 4)                                                             \
  LOOM_GEMV_ROWS(REAL, V, LANES, 4, 4)                                                             \
  void LOOM_FUNCTION(NAME)(size_t m, size_t n, size_t k, const REAL *a, size_t a_row,              \
                           const REAL *b, size_t b_row, bool transposed, REAL *c, size_t c_row) {  \
    if (n == 0) return;                                                                            \
    switch (m) {                                                                                   \
    case 1: return gemv_##V##_1(n, k, a, a_row, b, b_row, transposed, c, c_row);                   \
    case 2: return gemv_##V##_2(n, k, a, a_row, b, b_row, transposed, c, c_row);                   \
    case 3: return gemv_##V##_3(n, k, a, a_row, b, b_row, transposed, c, c_row);                   \
    case 4: return gemv_##V##_4(n, k, a, a_row, b, b_row, transposed, c, c_row);                   \
    default: return;                                                                               \
    }                                                                                              \
  }

LOOM_GEMV(loom_gemv_f32, float, f32x16, 16)
LOOM_GEMV(loom_gemv_f64, double, f64x8, 8)
