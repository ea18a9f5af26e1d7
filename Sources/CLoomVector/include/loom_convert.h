// Half-precision and bfloat16 storage to and from float.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Exact. Subnormals are kept; NaN stays NaN with its sign.
void loom_half_to_float(const uint16_t *x, float *y, size_t n);
void loom_bfloat16_to_float(const uint16_t *x, float *y, size_t n);

/// Round to nearest, ties to even; overflow gives infinity, subnormals are kept, NaN becomes a quiet
/// NaN of the same sign.
void loom_float_to_half(const float *x, uint16_t *y, size_t n);
void loom_float_to_bfloat16(const float *x, uint16_t *y, size_t n);

/// As loom_float_to_bfloat16, but drops the low bits (TensorFlow's Cast with Truncate=true).
void loom_float_to_bfloat16_truncating(const float *x, uint16_t *y, size_t n);
