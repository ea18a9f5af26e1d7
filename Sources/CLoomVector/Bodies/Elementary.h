// Elementary functions on vectors, one text for float and double.
//
// Included twice, with REAL, V (vector of REAL), I (vector of integers of the same width), N(x) (the
// name of x in this precision) and the constants below defined by the including file.
//
// Goals, in order: right special values (NaN stays NaN, infinities, signed zeros, overflow to
// infinity, gradual underflow); at most 2-3 ulp; no branches. Contraction into FMA is welcome, no
// other relaxation is: the argument reductions rely on the order written here.

LOOM_INLINE I N(bits)(V x) { I i; memcpy(&i, &x, sizeof i); return i; }
LOOM_INLINE V N(real)(I i) { V x; memcpy(&x, &i, sizeof x); return x; }
LOOM_INLINE V N(abs)(V x) { return N(real)(N(bits)(x) & ~SIGN_MASK); }
LOOM_INLINE V N(copysign)(V magnitude, V sign) {
  return N(real)((N(bits)(magnitude) & ~SIGN_MASK) | (N(bits)(sign) & SIGN_MASK));
}
// 2^n for n in the range of normal exponents.
LOOM_INLINE V N(power_of_two)(I n) { return N(real)((n + EXPONENT_BIAS) << MANTISSA_BITS); }

typedef struct { V r; I n; } N(reduced);

// x = n ln 2 + r, |r| <= ln 2 / 2, in two steps because n ln 2 is not representable. Adding 1.5 * 2^m
// rounds to an integer whose bits can be read off: no conversion instruction, no library call.
LOOM_INLINE N(reduced) N(reduce_exp)(V x) {
  const V shifted = x * (REAL)1.4426950408889634074 + ROUND_MAGIC;
  const V k = shifted - ROUND_MAGIC;
  const I n = N(bits)(shifted) - N(bits)((V)(ROUND_MAGIC));
  return (N(reduced)){(x - k * LN2_HIGH) - k * LN2_LOW, n};
}

// exp(r) - 1 on the reduced range: r + r^2 q(r), q by Remez.
LOOM_INLINE V N(expm1_reduced)(V r) {
  static const REAL q[] = EXPM1_Q;
  V s = (V)(q[0]);
#pragma clang loop unroll(full)
  for (unsigned i = 1; i < sizeof q / sizeof q[0]; i++) s = s * r + q[i];
  return r + r * r * s;
}

LOOM_INLINE V N(exp)(V x) {
  // Beyond these the result is infinity or zero; inside, n fits two factors of normal exponent, and
  // the second product rounds once, also into the subnormal range.
  V c = x > EXP_HIGH ? (V)(EXP_HIGH) : x;
  c = c < EXP_LOW ? (V)(EXP_LOW) : c;
  const N(reduced) a = N(reduce_exp)(c);
  const I half = a.n >> 1;
  return ((V)(1) + N(expm1_reduced)(a.r)) * N(power_of_two)(half) * N(power_of_two)(a.n - half);
}

LOOM_INLINE V N(expm1)(V x) {
  V c = x > EXP_HIGH ? (V)(EXP_HIGH) : x;
  c = c < EXPM1_LOW ? (V)(EXPM1_LOW) : c;
  const N(reduced) a = N(reduce_exp)(c);
  // 2^n p + (2^n - 1), scaled by one half so that n may reach the largest exponent plus one.
  const V s = N(power_of_two)(a.n - 1);
  const V y = (N(expm1_reduced)(a.r) * s + (s - (REAL)0.5)) * (REAL)2;
  return N(abs)(x) < TINY ? x : y;  // keeps -0 and subnormals
}

// log(1 + f) - f + f^2 / 2 for f in [sqrt(1/2) - 1, sqrt(2) - 1].
LOOM_INLINE V N(log_tail)(V f);

// k ln 2 + log(1 + f) + c, with c tiny; added from small to large.
LOOM_INLINE V N(log_sum)(V k, V f, V c) {
  const V half_square = f * f * (REAL)0.5;
  return k * LN2_HIGH + (f - (half_square - (N(log_tail)(f) + (c + k * LN2_LOW))));
}

typedef struct { V f; V k; } N(parts);

// u = 2^k (1 + f) for positive normal u, 1 + f in [sqrt(1/2), sqrt(2)).
LOOM_INLINE N(parts) N(split)(V u) {
  const I offset = N(bits)(u) - SQRT_HALF_BITS;
  const I k = offset >> MANTISSA_BITS;
  const V m = N(real)((offset & MANTISSA_MASK) + SQRT_HALF_BITS);
  return (N(parts)){m - (REAL)1, __builtin_convertvector(k, V)};
}

LOOM_INLINE V N(log)(V x) {
  const I subnormal = x < SMALLEST_NORMAL;
  const V u = subnormal ? x * SUBNORMAL_SCALE : x;
  N(parts) p = N(split)(u);
  p.k = subnormal ? p.k - (REAL)MANTISSA_BITS : p.k;
  V y = N(log_sum)(p.k, p.f, (V)(0));
  y = x < (REAL)INFINITY ? y : x;  // infinity and NaN
  y = x == (REAL)0 ? (V)(-INFINITY) : y;
  return x < (REAL)0 ? (V)(NAN) : y;
}

LOOM_INLINE V N(log1p)(V x) {
  const V u = x + (REAL)1;
  const N(parts) p = N(split)(u);
  // What rounding took from 1 + x, relative to u. Exact for k = 0, where f = x is used instead.
  const V lost = p.k > (REAL)1 ? (REAL)1 - (u - x) : x - (u - (REAL)1);
  const I exact = p.k == (REAL)0;
  V y = N(log_sum)(p.k, exact ? x : p.f, exact ? (V)(0) : lost / u);
  y = x < (REAL)INFINITY ? y : x;
  y = N(abs)(x) < TINY ? x : y;
  y = x == (REAL)-1 ? (V)(-INFINITY) : y;
  return x < (REAL)-1 ? (V)(NAN) : y;
}

// t / (t + 2) with t = exp(2|x|) - 1: no cancellation near zero.
LOOM_INLINE V N(tanh)(V x) {
  const V a = N(abs)(x);
  const V t = N(expm1)((a > TANH_ONE ? (V)(TANH_ONE) : a) * (REAL)2);
  const V y = N(copysign)(t / (t + (REAL)2), x);
  return a < TINY_SQUARED ? x : y;  // tanh(x) = x - x^3 / 3
}

// Through exp(-|x|), which cannot overflow: relative accuracy on both sides.
LOOM_INLINE V N(sigmoid)(V x) {
  const V e = N(exp)(-N(abs)(x));
  return (x < (REAL)0 ? e : (V)(1)) / ((REAL)1 + e);
}

LOOM_INLINE V N(softplus)(V x) {
  return (x > (REAL)0 ? x : (V)(0)) + N(log1p)(N(exp)(-N(abs)(x)));
}

LOOM_INLINE V N(sqrt)(V x) { return __builtin_elementwise_sqrt(x); }
LOOM_INLINE V N(rsqrt)(V x) { return (REAL)1 / __builtin_elementwise_sqrt(x); }
LOOM_INLINE V N(reciprocal)(V x) { return (REAL)1 / x; }
LOOM_INLINE V N(elu)(V x) { return x < (REAL)0 ? N(expm1)(x) : x; }
LOOM_INLINE V N(selu)(V x) {
  const REAL scale = (REAL)1.0507009873554804934193349852946;
  const REAL alpha = (REAL)1.6732632423543772848170429916717;
  return (x < (REAL)0 ? N(expm1)(x) * alpha : x) * scale;
}
