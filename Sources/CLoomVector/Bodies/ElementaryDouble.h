// Double precision: constants for Elementary.h.
#pragma once
#include "Vectors.h"

#define REAL double
#define V f64x8
#define I i64x8
#define N(x) f64_##x
#define MANTISSA_BITS 52
#define MANTISSA_MASK 0xfffffffffffff
#define EXPONENT_BIAS 1023
#define SIGN_MASK INT64_MIN
#define ROUND_MAGIC 0x1.8p52
#define LN2_HIGH 0x1.62e42fefp-1  // 33 bits: k * LN2_HIGH is exact for |k| < 2^20
#define LN2_LOW 0x1.473de6af278edp-34
#define EXP_HIGH 710.0
#define EXP_LOW -746.0
#define EXPM1_LOW -40.0
#define TINY 0x1p-54
#define TINY_SQUARED 0x1p-27
#define TANH_ONE 20.0
#define SMALLEST_NORMAL 0x1p-1022
#define SUBNORMAL_SCALE 0x1p52
#define SQRT_HALF_BITS 0x3fe6a09e667f3bcd
#define EXPM1_Q                                                                                   \
  {2.082651696065613e-09,  2.5112142031346882e-08, 2.755758284722759e-07,  2.7557234566001496e-06, \
   2.4801586924560306e-05, 0.00019841269896673646, 0.0013888888889117277,  0.00833333333331692,   \
   0.04166666666666609,    0.16666666666666682,    0.5}
#include "Elementary.h"

// With s = f / (2 + f): log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), R by Remez, 2^-59.
LOOM_INLINE f64x8 f64_log_tail(f64x8 f) {
  const f64x8 s = f / (f + 2.0), z = s * s;
  f64x8 r = (f64x8)(0.1479661887438476);
  r = r * z + 0.15313987257401684;
  r = r * z + 0.18183566653812494;
  r = r * z + 0.22222198531355788;
  r = r * z + 0.28571428742764554;
  r = r * z + 0.39999999999413133;
  r = r * z + 0.6666666666666735;
  return s * (f * f * 0.5 + z * r);
}

#undef REAL
#undef V
#undef I
#undef N
#undef MANTISSA_BITS
#undef MANTISSA_MASK
#undef EXPONENT_BIAS
#undef SIGN_MASK
#undef ROUND_MAGIC
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_HIGH
#undef EXP_LOW
#undef EXPM1_LOW
#undef TINY
#undef TINY_SQUARED
#undef TANH_ONE
#undef SMALLEST_NORMAL
#undef SUBNORMAL_SCALE
#undef SQRT_HALF_BITS
#undef EXPM1_Q
