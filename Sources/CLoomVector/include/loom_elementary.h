// Elementary functions over arrays.
#pragma once
#include <stddef.h>

/// y[i] = f(x[i]) for i < n.
///
/// - `y` may equal `x`; otherwise they must not overlap. No alignment is needed; n may be 0.
/// - Special values as in C's <math.h>: NaN stays NaN (its payload may change), infinities, signed
///   zeros and subnormal results are right. errno is never set, floating-point flags mean nothing.
/// - Largest error seen, in ulp: exp, log, log1p, sqrt, reciprocal, elu 1.2; rsqrt, softplus 1.7;
///   expm1 2; tanh, sigmoid 2.5; selu 3; float erf, sin, cos 1.6, erfc and pow 0.51; double erf, erfc,
///   sin, cos and pow are the C library's, element by element.
/// - Results for an element do not depend on its position or on n. They may differ in the last bit
///   between machines with and without fused multiply-add.
/// - A call with n <= 16 costs a few nanoseconds.
#define LOOM_DECLARE_UNARY(NAME)                                   \
  void loom_##NAME##_f32(const float *x, float *y, size_t n);      \
  void loom_##NAME##_f64(const double *x, double *y, size_t n);

LOOM_DECLARE_UNARY(exp)
LOOM_DECLARE_UNARY(expm1)
LOOM_DECLARE_UNARY(log)
LOOM_DECLARE_UNARY(log1p)
LOOM_DECLARE_UNARY(tanh)
LOOM_DECLARE_UNARY(sigmoid)   // 1 / (1 + exp(-x)), relative accuracy also for very negative x
LOOM_DECLARE_UNARY(softplus)  // log(1 + exp(x))
LOOM_DECLARE_UNARY(elu)       // x < 0 ? exp(x) - 1 : x
LOOM_DECLARE_UNARY(selu)
LOOM_DECLARE_UNARY(sqrt)
LOOM_DECLARE_UNARY(rsqrt)
LOOM_DECLARE_UNARY(reciprocal)
LOOM_DECLARE_UNARY(erf)
LOOM_DECLARE_UNARY(erfc)
LOOM_DECLARE_UNARY(sin)
LOOM_DECLARE_UNARY(cos)

/// z[i] = x[i * x_step] to the power y[i * y_step], with steps of 0 (one value for all) or 1.
/// `z` may equal an operand of step 1. Special cases as C's pow: pow(x, 0) = pow(1, y) = 1.
void loom_pow_f32(const float *x, size_t x_step, const float *y, size_t y_step, float *z, size_t n);
void loom_pow_f64(const double *x, size_t x_step, const double *y, size_t y_step, double *z,
                  size_t n);
