// Reductions over a contiguous row.
#pragma once
#include "Vectors.h"

enum { SUM_BLOCK = 4096 };

LOOM_INLINE float total_f32x16(f32x16 v) {
  const f32x8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const f32x4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}
LOOM_INLINE double total_f64x8(f64x8 v) {
  const f64x4 a = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
  return (a[0] + a[2]) + (a[1] + a[3]);
}

// A row of at most one block (y is for products, c for deviations): four vectors, then one, then elements, so that short rows stay short.
#define LOOM_BLOCK_SUM(NAME, REAL, V, LANES, VECTOR_TERM, TERM)                            \
  LOOM_INLINE REAL NAME(const REAL *x, const REAL *y, REAL c, size_t n) {                  \
    (void)y, (void)c;                                                                      \
    size_t i = 0;                                                                          \
    REAL total = 0;                                                                        \
    if (n >= LANES) {                                                                      \
      V s0 = (V)(0), s1 = (V)(0), s2 = (V)(0), s3 = (V)(0);                                \
      for (; i + 4 * LANES <= n; i += 4 * LANES) {                                         \
        s0 += VECTOR_TERM(V, i);                                                           \
        s1 += VECTOR_TERM(V, i + LANES);                                                   \
        s2 += VECTOR_TERM(V, i + 2 * LANES);                                               \
        s3 += VECTOR_TERM(V, i + 3 * LANES);                                               \
      }                                                                                    \
      for (; i + LANES <= n; i += LANES) s0 += VECTOR_TERM(V, i);                          \
      total = total_##V((s0 + s1) + (s2 + s3));                                            \
    }                                                                                      \
    for (; i < n; i++) total += TERM(i);                                                   \
    return total;                                                                          \
  }

#define ELEMENT(V, i) load_##V(x + (i))
#define ELEMENT1(i) x[i]
#define PRODUCT(V, i) (load_##V(x + (i)) * load_##V(y + (i)))
#define PRODUCT1(i) (x[i] * y[i])
#define DEVIATION(V, i) ((load_##V(x + (i)) - c) * (load_##V(x + (i)) - c))
#define DEVIATION1(i) ((x[i] - c) * (x[i] - c))

LOOM_BLOCK_SUM(block_sum_f32, float, f32x16, 16, ELEMENT, ELEMENT1)
LOOM_BLOCK_SUM(block_dot_f32, float, f32x16, 16, PRODUCT, PRODUCT1)
LOOM_BLOCK_SUM(block_deviation_f32, float, f32x16, 16, DEVIATION, DEVIATION1)
LOOM_BLOCK_SUM(block_sum_f64, double, f64x8, 8, ELEMENT, ELEMENT1)
LOOM_BLOCK_SUM(block_dot_f64, double, f64x8, 8, PRODUCT, PRODUCT1)

#undef ELEMENT
#undef ELEMENT1
#undef PRODUCT
#undef PRODUCT1
#undef DEVIATION
#undef DEVIATION1

#define LOOM_SUM_BLOCKS(BODY, x, y, c, n)                                     \
  double total = 0;                                                           \
  for (size_t i = 0; i < (n); i += SUM_BLOCK)                                 \
    total += BODY((x) + i, (y) + i, c, (n) - i < SUM_BLOCK ? (n) - i : SUM_BLOCK)

float LOOM_FUNCTION(loom_sum_f32)(const float *x, size_t n) {
  if (n <= SUM_BLOCK) return block_sum_f32(x, x, 0, n);
  LOOM_SUM_BLOCKS(block_sum_f32, x, x, 0, n);
  return (float)total;
}
double LOOM_FUNCTION(loom_sum_f64)(const double *x, size_t n) {
  LOOM_SUM_BLOCKS(block_sum_f64, x, x, 0, n);
  return total;
}
float LOOM_FUNCTION(loom_dot_f32)(const float *x, const float *y, size_t n) {
  if (n <= SUM_BLOCK) return block_dot_f32(x, y, 0, n);
  LOOM_SUM_BLOCKS(block_dot_f32, x, y, 0, n);
  return (float)total;
}
double LOOM_FUNCTION(loom_dot_f64)(const double *x, const double *y, size_t n) {
  LOOM_SUM_BLOCKS(block_dot_f64, x, y, 0, n);
  return total;
}

void LOOM_FUNCTION(loom_moments_f32)(const float *x, size_t n, float *mean, float *variance) {
  const double count = (double)n;
  float m;
  {
    LOOM_SUM_BLOCKS(block_sum_f32, x, x, 0, n);
    m = (float)(total / count);
  }
  LOOM_SUM_BLOCKS(block_deviation_f32, x, x, m, n);
  *mean = m;
  *variance = (float)(total / count);
}

// The hardware's maximum drops a NaN, so NaN is collected on the side.
#define LOOM_EXTREME(NAME, REAL, V, LANES, OP, START)                                    \
  REAL LOOM_FUNCTION(NAME)(const REAL *x, size_t n) {                                    \
    REAL best = START;                                                                   \
    int unordered = 0;                                                                   \
    size_t i = 0;                                                                        \
    if (n >= LANES) {                                                                    \
      V a = (V)(START), b = a;                                                           \
      __typeof__(a != a) nan = (a != a);                                                 \
      for (; i + 2 * LANES <= n; i += 2 * LANES) {                                       \
        const V p = load_##V(x + i), q = load_##V(x + i + LANES);                        \
        a = p OP a ? p : a;                                                              \
        b = q OP b ? q : b;                                                              \
        nan |= (p != p) | (q != q);                                                      \
      }                                                                                  \
      const V p = load_##V(x + n - LANES);                                               \
      a = p OP a ? p : a;                                                                \
      nan |= p != p;                                                                     \
      if (i + LANES <= n) {                                                              \
        const V q = load_##V(x + i);                                                     \
        b = q OP b ? q : b;                                                              \
        nan |= q != q;                                                                   \
      }                                                                                  \
      a = b OP a ? b : a;                                                                \
      for (int lane = 0; lane < LANES; lane++) best = a[lane] OP best ? a[lane] : best;  \
      unordered = __builtin_reduce_or(nan) != 0;                                         \
    } else {                                                                             \
      for (; i < n; i++) {                                                               \
        best = x[i] OP best ? x[i] : best;                                               \
        unordered |= x[i] != x[i];                                                       \
      }                                                                                  \
    }                                                                                    \
    return unordered ? (REAL)NAN : best;                                                 \
  }

LOOM_EXTREME(loom_max_f32, float, f32x16, 16, >, -INFINITY)
LOOM_EXTREME(loom_min_f32, float, f32x16, 16, <, INFINITY)
LOOM_EXTREME(loom_max_f64, double, f64x8, 8, >, -(double)INFINITY)
LOOM_EXTREME(loom_min_f64, double, f64x8, 8, <, (double)INFINITY)
