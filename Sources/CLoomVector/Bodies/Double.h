// Double-precision elementary functions over arrays.
#pragma once
#include "ElementaryDouble.h"

#define LOOM_MAP_F64(NAME, BODY)                                             \
  void LOOM_FUNCTION(NAME)(const double *x, double *y, size_t n) {     \
    LOOM_MAP(double, f64x8, 8, x, y, n, BODY);                      \
  }

LOOM_MAP_F64(loom_exp_f64, f64_exp)
LOOM_MAP_F64(loom_expm1_f64, f64_expm1)
LOOM_MAP_F64(loom_log_f64, f64_log)
LOOM_MAP_F64(loom_log1p_f64, f64_log1p)
LOOM_MAP_F64(loom_tanh_f64, f64_tanh)
LOOM_MAP_F64(loom_sigmoid_f64, f64_sigmoid)
LOOM_MAP_F64(loom_softplus_f64, f64_softplus)
LOOM_MAP_F64(loom_elu_f64, f64_elu)
LOOM_MAP_F64(loom_selu_f64, f64_selu)
LOOM_MAP_F64(loom_sqrt_f64, f64_sqrt)
LOOM_MAP_F64(loom_rsqrt_f64, f64_rsqrt)
LOOM_MAP_F64(loom_reciprocal_f64, f64_reciprocal)

// The library's, one element at a time: its double versions are good to an ulp and rarely hot.
#define EACH(NAME, LIBRARY)                             \
  void LOOM_FUNCTION(NAME)(const double *x, double *y, size_t n) {     \
    for (size_t i = 0; i < n; i++) y[i] = LIBRARY(x[i]); \
  }
EACH(loom_erf_f64, erf)
EACH(loom_erfc_f64, erfc)
EACH(loom_sin_f64, sin)
EACH(loom_cos_f64, cos)

void LOOM_FUNCTION(loom_pow_f64)(const double *x, size_t x_step, const double *y, size_t y_step, double *z,
                  size_t n) {
  for (size_t i = 0; i < n; i++) z[i] = pow(x[i * x_step], y[i * y_step]);
}
