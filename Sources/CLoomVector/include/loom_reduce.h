// Reductions over a contiguous row.
#pragma once
#include <stddef.h>

/// Sum of x[0 ..< n]; 0 for n = 0.
///
/// The order of summation depends on n alone: lanes within blocks of 4,096 elements, the block sums in
/// double. So a sum repeats bit for bit, and its error does not grow with n (about 2^-17 of the sum of
/// magnitudes is the worst case, 2^-22 usual).
float loom_sum_f32(const float *x, size_t n);
double loom_sum_f64(const double *x, size_t n);

/// Sum of products, with the order and accuracy of `loom_sum`.
float loom_dot_f32(const float *x, const float *y, size_t n);
double loom_dot_f64(const double *x, const double *y, size_t n);

/// Largest (smallest) element, NaN if there is one; -infinity (+infinity) for n = 0.
float loom_max_f32(const float *x, size_t n);
double loom_max_f64(const double *x, size_t n);
float loom_min_f32(const float *x, size_t n);
double loom_min_f64(const double *x, size_t n);

/// Mean of the row and mean of the squared distances from it (the biased variance); both NaN for n = 0.
void loom_moments_f32(const float *x, size_t n, float *mean, float *variance);
