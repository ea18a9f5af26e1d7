// Single-precision elementary functions over arrays.
#pragma once
#include "ElementaryFloat.h"

#define LOOM_MAP_F32(NAME, BODY)                                             \
  void LOOM_FUNCTION(NAME)(const float *x, float *y, size_t n) {       \
    LOOM_MAP(float, f32x16, 16, x, y, n, BODY);                     \
  }

LOOM_MAP_F32(loom_exp_f32, f32_exp)
LOOM_MAP_F32(loom_expm1_f32, f32_expm1)
LOOM_MAP_F32(loom_log_f32, f32_log)
LOOM_MAP_F32(loom_log1p_f32, f32_log1p)
LOOM_MAP_F32(loom_tanh_f32, f32_tanh)
LOOM_MAP_F32(loom_sigmoid_f32, f32_sigmoid)
LOOM_MAP_F32(loom_softplus_f32, f32_softplus)
LOOM_MAP_F32(loom_elu_f32, f32_elu)
LOOM_MAP_F32(loom_selu_f32, f32_selu)
LOOM_MAP_F32(loom_erf_f32, f32_erf)
LOOM_MAP_F32(loom_erfc_f32, f32_erfc)
LOOM_MAP_F32(loom_sqrt_f32, f32_sqrt)
LOOM_MAP_F32(loom_rsqrt_f32, f32_rsqrt)
LOOM_MAP_F32(loom_reciprocal_f32, f32_reciprocal)

// Lanes the reduction cannot serve, infinities and NaN among them, go to the library.
#define SINE(NAME, BODY, LIBRARY)                                              \
  LOOM_INLINE f32x16 NAME(f32x16 x) {                                          \
    f32x16 y = BODY(x);                                                        \
    const i32x16 far = ~(f32_abs(x) < SINE_LIMIT);                             \
    if (__builtin_expect(__builtin_reduce_or(far) != 0, 0))                    \
      for (int i = 0; i < 16; i++)                                             \
        if (far[i]) y[i] = LIBRARY(x[i]);                                      \
    return y;                                                                  \
  }
SINE(sine, f32_sin, sinf)
SINE(cosine, f32_cos, cosf)
LOOM_MAP_F32(loom_sin_f32, sine)
LOOM_MAP_F32(loom_cos_f32, cosine)

void LOOM_FUNCTION(loom_pow_f32)(const float *x, size_t x_step, const float *y, size_t y_step,
                              float *z, size_t n) {
  const f32x16 x0 = (f32x16)(n ? x[0] : 0), y0 = (f32x16)(n ? y[0] : 0);
  for (size_t i = 0; i < n; i += 16) {
    const size_t m = n - i < 16 ? n - i : 16;
    if (m == 16) {
      store_f32x16(z + i, f32_pow(x_step ? load_f32x16(x + i) : x0,
                                  y_step ? load_f32x16(y + i) : y0));
    } else {
      store_part_f32x16(z + i, f32_pow(x_step ? load_part_f32x16(x + i, m) : x0,
                                       y_step ? load_part_f32x16(y + i, m) : y0), m);
    }
  }
}
