// One window of a depthwise convolution or a pool: rows of channels, one per element of the window.
#pragma once
#include <stddef.h>

/// y[c] = offset[c] + sum of x[t][c] * w[t][c] over t < count, in order of t, then cut to low ... high;
/// NaN stays. `offset` may be NULL (0).
void loom_window_dot_f32(const float *const *x, const float *const *w, size_t count,
                         const float *offset, float low, float high, float *y, size_t channels);

/// y[t][c] += x[t][c] * g[c] for all t < count. Rows of y do not overlap each other.
void loom_window_scatter_f32(float *const *y, const float *const *x, size_t count, const float *g,
                             size_t channels);

/// y[t][c] += g[c] * scale for all t < count.
void loom_window_spread_f32(float *const *y, size_t count, const float *g, float scale,
                            size_t channels);

/// y[c] = mean of x[t][c] over t < count; NaN for an empty window.
void loom_window_mean_f32(const float *const *x, size_t count, float *y, size_t channels);

/// y[c] = largest x[t][c] over t < count. NaN is passed over; the lowest finite number if that leaves
/// nothing.
void loom_window_max_f32(const float *const *x, size_t count, float *y, size_t channels);

/// Adds g[c] to dx[t][c] for the first t whose x[t][c] no other exceeds.
void loom_window_max_gradient_f32(const float *const *x, float *const *dx, size_t count,
                                  const float *g, size_t channels);
