// Vector types, loads and stores of short rows, and the loop every map uses.
#pragma once
#include "Level.h"

// One vector is one AVX-512 register; narrower machines use two or four.
#define LOOM_VECTOR(REAL, LANES) REAL __attribute__((ext_vector_type(LANES)))
typedef LOOM_VECTOR(float, 4) f32x4;
typedef LOOM_VECTOR(float, 8) f32x8;
typedef LOOM_VECTOR(float, 16) f32x16;
typedef LOOM_VECTOR(double, 2) f64x2;
typedef LOOM_VECTOR(double, 4) f64x4;
typedef LOOM_VECTOR(double, 8) f64x8;
typedef LOOM_VECTOR(double, 16) f64x16;
typedef LOOM_VECTOR(int32_t, 16) i32x16;
typedef LOOM_VECTOR(uint32_t, 16) u32x16;
typedef LOOM_VECTOR(uint16_t, 16) u16x16;
typedef LOOM_VECTOR(int64_t, 8) i64x8;
typedef LOOM_VECTOR(int64_t, 16) i64x16;

// Unaligned access: memcpy of a whole vector becomes one move.
#define LOOM_ACCESS(V, REAL)                 \
  LOOM_INLINE V load_##V(const REAL *p) {    \
    V v;                                     \
    memcpy(&v, p, sizeof v);                 \
    return v;                                \
  }                                          \
  LOOM_INLINE void store_##V(REAL *p, V v) { \
    memcpy(p, &v, sizeof v);                 \
  }

LOOM_ACCESS(f32x4, float)
LOOM_ACCESS(f32x8, float)
LOOM_ACCESS(f32x16, float)
LOOM_ACCESS(f64x2, double)
LOOM_ACCESS(f64x4, double)
LOOM_ACCESS(f64x8, double)
LOOM_ACCESS(u16x16, uint16_t)
LOOM_ACCESS(u32x16, uint32_t)

// The first n elements, 0 < n < lanes. Other lanes repeat some of them, so that no lane computes on
// foreign data. Two overlapping halves instead of a loop: a few cycles.
LOOM_INLINE f32x16 load_part_f32x16(const float *p, size_t n) {
  if (n >= 8)
    return __builtin_shufflevector(load_f32x8(p), load_f32x8(p + n - 8), 0, 1, 2, 3, 4, 5, 6, 7, 8,
                                   9, 10, 11, 12, 13, 14, 15);
  if (n >= 4)
    return __builtin_shufflevector(load_f32x4(p), load_f32x4(p + n - 4), 0, 1, 2, 3, 4, 5, 6, 7, 0,
                                   1, 2, 3, 4, 5, 6, 7);
  f32x16 v = (f32x16)(p[0]);
  if (n > 1) v[1] = p[1];
  if (n > 2) v[2] = p[2];
  return v;
}

LOOM_INLINE void store_part_f32x16(float *p, f32x16 v, size_t n) {
  if (n >= 8) {
    store_f32x8(p, __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7));
    store_f32x8(p + n - 8, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
    return;
  }
  if (n >= 4) {
    store_f32x4(p, __builtin_shufflevector(v, v, 0, 1, 2, 3));
    store_f32x4(p + n - 4, __builtin_shufflevector(v, v, 4, 5, 6, 7));
    return;
  }
  p[0] = v[0];
  if (n > 1) p[1] = v[1];
  if (n > 2) p[2] = v[2];
}

LOOM_INLINE f64x8 load_part_f64x8(const double *p, size_t n) {
  if (n >= 4)
    return __builtin_shufflevector(load_f64x4(p), load_f64x4(p + n - 4), 0, 1, 2, 3, 4, 5, 6, 7);
  f64x8 v = (f64x8)(p[0]);
  if (n > 1) v[1] = p[1];
  if (n > 2) v[2] = p[2];
  return v;
}

LOOM_INLINE void store_part_f64x8(double *p, f64x8 v, size_t n) {
  if (n >= 4) {
    store_f64x4(p, __builtin_shufflevector(v, v, 0, 1, 2, 3));
    store_f64x4(p + n - 4, __builtin_shufflevector(v, v, 4, 5, 6, 7));
    return;
  }
  p[0] = v[0];
  if (n > 1) p[1] = v[1];
  if (n > 2) p[2] = v[2];
}

// y[i] = body(x[i]) for vectors. The last vector overlaps the one before it; it is loaded first, so
// that y == x is allowed.
#define LOOM_MAP(REAL, V, LANES, x, y, n, body)                         \
  do {                                                                  \
    if ((n) == 0) return;                                               \
    if ((n) < LANES) {                                                  \
      store_part_##V(y, body(load_part_##V(x, n)), n);                  \
      return;                                                           \
    }                                                                   \
    const V last_ = body(load_##V((x) + (n) - LANES));                  \
    for (size_t i_ = 0; i_ + LANES < (n); i_ += LANES)                  \
      store_##V((y) + i_, body(load_##V((x) + i_)));                    \
    store_##V((y) + (n) - LANES, last_);                                \
  } while (0)
