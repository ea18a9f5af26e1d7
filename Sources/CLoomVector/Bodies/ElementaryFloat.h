// Single precision: constants for Elementary.h, and the functions that exist in float only.
#pragma once
#include "Vectors.h"
#include "ElementaryDouble.h"

#define REAL float
#define V f32x16
#define I i32x16
#define N(x) f32_##x
#define MANTISSA_BITS 23
#define MANTISSA_MASK 0x7fffff
#define EXPONENT_BIAS 127
#define SIGN_MASK INT32_MIN
#define ROUND_MAGIC 0x1.8p23f
#define LN2_HIGH 0x1.62e4p-1f  // 15 bits: k * LN2_HIGH is exact for |k| < 2^9
#define LN2_LOW 0x1.7f7d1cp-20f
#define EXP_HIGH 89.0f
#define EXP_LOW -104.0f
#define EXPM1_LOW -18.0f
#define TINY 0x1p-25f
#define TINY_SQUARED 0x1p-13f
#define TANH_ONE 10.0f
#define SMALLEST_NORMAL 0x1p-126f
#define SUBNORMAL_SCALE 0x1p23f
#define SQRT_HALF_BITS 0x3f3504f3
#define EXPM1_Q {0.0013814467f, 0.00836878f, 0.041668393f, 0.1666652f, 0.49999994f}
#include "Elementary.h"

// f^3 P(f), P by Remez, 2^-30.
LOOM_INLINE f32x16 f32_log_tail(f32x16 f) {
  f32x16 p = (f32x16)(0.06746663f);
  p = p * f - 0.1167564f;
  p = p * f + 0.11888145f;
  p = p * f - 0.12405589f;
  p = p * f + 0.14219555f;
  p = p * f - 0.16667996f;
  p = p * f + 0.20002119f;
  p = p * f - 0.2500001f;
  p = p * f + 0.33333313f;
  return f * f * f * p;
}

// |x| < 0.93: x + x E(x^2). Beyond: 1 - exp(-t - t Q(t)), whose relative error is damped by the 1.
LOOM_INLINE f32x16 f32_erf(f32x16 x) {
  const f32x16 a = f32_abs(x), s = x * x;
  f32x16 e = (f32x16)(8.3451996e-05f);
  e = e * s - 0.00081374304f;
  e = e * s + 0.005200634f;
  e = e * s - 0.02685927f;
  e = e * s + 0.11283694f;
  e = e * s - 0.37612635f;
  e = e * s + 0.12837917f;
  const f32x16 near = x + x * e;
  const f32x16 t = a > 4.0f ? (f32x16)(4.0f) : a;  // erf(4) rounds to 1
  f32x16 q = (f32x16)(1.1231559e-05f);
  q = q * t - 0.00032280627f;
  q = q * t + 0.0036424685f;
  q = q * t - 0.023762083f;
  q = q * t + 0.1062369f;
  q = q * t + 0.6351513f;
  q = q * t + 0.12864849f;
  const f32x16 far = f32_copysign(1.0f - f32_exp(-(t + t * q)), x);
  return a < 0.93f ? near : far;
}

// Two double vectors in place of one float vector, for what needs more than 24 bits on the way.
#define F32_THROUGH_F64(x, body)                                                              \
  __builtin_shufflevector(                                                                    \
      __builtin_convertvector(                                                                \
          body(__builtin_convertvector(                                                       \
              __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7), f64x8)), f32x8),         \
      __builtin_convertvector(                                                                \
          body(__builtin_convertvector(                                                       \
              __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15), f64x8)), f32x8),   \
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

// exp(-x^2) times a polynomial in (x - 2) / (x + 2) for (1 + 2x) exp(x^2) erfc(x); 2^-38 on [0, 10.2],
// where the result has left the subnormal floats.
LOOM_INLINE f64x8 f32_erfc_half(f64x8 x) {
  static const double c[] = {
      -7.482382080556713e-06, -2.743329683444178e-05, -3.249276037478655e-06,
      0.00014381236012307977, 0.00020556592139649244, -0.0004514409681216518,
      -0.0014561769225118484, 0.001270710408354648,   0.008722499517531441,
      -0.008033943450168732,  -0.05421998542518896,   0.164051276299719,
      -0.16603039816672127,   -0.09276382652680473,   1.2769783815555622};
  f64x8 a = f64_abs(x);
  a = a > 10.2 ? (f64x8)(10.2) : a;
  const f64x8 t = (a - 2.0) / (a + 2.0);
  f64x8 p = (f64x8)(c[0]);
#pragma clang loop unroll(full)
  for (unsigned i = 1; i < sizeof c / sizeof c[0]; i++) p = p * t + c[i];
  const f64x8 y = f64_exp(-a * a) * p / (1.0 + 2.0 * a);
  return x < 0.0 ? 2.0 - y : y;
}
LOOM_INLINE f32x16 f32_erfc(f32x16 x) { return F32_THROUGH_F64(x, f32_erfc_half); }

// sin(x + quadrant * pi/2), reduced in double. Below SINE_LIMIT k has 19 bits and the high part of
// pi/2 has 33, so their product is exact; larger arguments are left to the library.
#define SINE_LIMIT 0x1p19f
LOOM_INLINE f32x16 f32_sin_shifted(f32x16 x, int quadrant) {
  const double magic = 0x1.8p52;
  f32x8 low = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);
  f32x8 high = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
  const f64x8 a = __builtin_convertvector(low, f64x8), b = __builtin_convertvector(high, f64x8);
  const f64x8 ma = a * 0.63661977236758134308 + magic, mb = b * 0.63661977236758134308 + magic;
  const f64x8 ka = ma - magic, kb = mb - magic;
  const f64x8 ra = (a - ka * 0x1.921fb544p0) - ka * 0x1.0b4611a626331p-34;
  const f64x8 rb = (b - kb * 0x1.921fb544p0) - kb * 0x1.0b4611a626331p-34;
  typedef LOOM_VECTOR(int32_t, 8) i32x8;
  const i32x8 na = __builtin_convertvector(f64_bits(ma), i32x8);
  const i32x8 nb = __builtin_convertvector(f64_bits(mb), i32x8);
  const i32x16 n = __builtin_shufflevector(na, nb, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                           15) + quadrant;
  const f32x16 r = __builtin_shufflevector(
      __builtin_convertvector(ra, f32x8), __builtin_convertvector(rb, f32x8), 0, 1, 2, 3, 4, 5, 6,
      7, 8, 9, 10, 11, 12, 13, 14, 15);
  const f32x16 z = r * r;
  const f32x16 s =
      r + r * z * (((2.7182746e-06f * z - 0.0001983933f) * z + 0.008333329f) * z - 0.16666667f);
  const f32x16 c =
      1.0f - 0.5f * z + z * z * ((2.4438095e-05f * z - 0.0013887364f) * z + 0.041666646f);
  const i32x16 odd = -(n & 1);
  const f32x16 y = odd ? c : s;
  return f32_real(f32_bits(y) ^ ((n & 2) << 30));
}
LOOM_INLINE f32x16 f32_sin(f32x16 x) {
  return x == 0.0f ? x : f32_sin_shifted(x, 0);
}
LOOM_INLINE f32x16 f32_cos(f32x16 x) { return f32_sin_shifted(x, 1); }

// |x|^y through exp(y log|x|) in double, then the sign and the special cases of IEEE 754 pow.
LOOM_INLINE f32x16 f32_pow(f32x16 x, f32x16 y) {
  const f32x16 a = f32_abs(x);
  const f64x8 xl = __builtin_convertvector(__builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7), f64x8);
  const f64x8 xh = __builtin_convertvector(
      __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15), f64x8);
  const f64x8 yl = __builtin_convertvector(__builtin_shufflevector(y, y, 0, 1, 2, 3, 4, 5, 6, 7), f64x8);
  const f64x8 yh = __builtin_convertvector(
      __builtin_shufflevector(y, y, 8, 9, 10, 11, 12, 13, 14, 15), f64x8);
  const f64x8 rl = f64_exp(yl * f64_log(xl)), rh = f64_exp(yh * f64_log(xh));
  f32x16 r = __builtin_shufflevector(__builtin_convertvector(rl, f32x8),
                                     __builtin_convertvector(rh, f32x8), 0, 1, 2, 3, 4, 5, 6, 7, 8,
                                     9, 10, 11, 12, 13, 14, 15);
  // From 2^24 on every float is an even integer; below, truncation to int tells.
  const f32x16 size = f32_abs(y);
  const i32x16 large = ~(size < 0x1p24f);
  const i32x16 whole = __builtin_convertvector(large ? (f32x16)(0.0f) : y, i32x16);
  const i32x16 integral = large | (__builtin_convertvector(whole, f32x16) == y);
  const i32x16 odd = ~large & integral & -(whole & 1);
  r = f32_real(f32_bits(r) | (f32_bits(x) & odd & INT32_MIN));
  r = (x < 0.0f) & (a < INFINITY) & ~integral ? (f32x16)(NAN) : r;
  const i32x16 one = (x == 1.0f) | (y == 0.0f) | ((a == 1.0f) & (size == INFINITY));
  return one ? (f32x16)(1.0f) : r;
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
