// Loops that fuse several elementwise steps over a row.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// y[i] = exp(x[i] - shift); returns the sum of y.
float loom_exp_sum_f32(const float *x, float shift, float *y, size_t n);

/// y[i] = exp(x[i] - max x) / sum: one row of softmax. `y` may equal `x`.
/// A row that holds NaN or +infinity, or nothing but -infinity, gives NaN throughout.
void loom_softmax_f32(const float *x, float *y, size_t n);

/// y[i] = x[i] - max x - log(sum of exp(x - max x)): one row of log-softmax. `y` may equal `x`.
void loom_log_softmax_f32(const float *x, float *y, size_t n);

/// y[i] = (x[i] - mean) / sqrt(variance + epsilon) * scale[i] + offset[i], with the row's own moments:
/// one row of layer normalisation. `scale` and `offset` may be NULL (1 and 0). `y` may equal `x`.
void loom_layer_norm_f32(const float *x, const float *scale, const float *offset, float epsilon,
                         float *y, size_t n);

/// y[i] = x[i] * scale[i] + offset[i], cut at zero below if `relu` (NaN passes). `y` may equal `x`.
void loom_scale_offset_f32(const float *x, const float *scale, const float *offset, bool relu,
                           float *y, size_t n);

/// y[i] = x[i] + offset[i], cut to low ... high (NaN stays). `offset` may be NULL (0), `y` may equal `x`.
void loom_offset_cut_f32(const float *x, const float *offset, float low, float high, float *y,
                         size_t n);

/// sum[i] += x[i] and square[i] += (x[i] - center[i])^2; the row step of moments over leading axes.
/// `center` may be NULL (0), `square` may be NULL (not wanted).
void loom_accumulate_f32(const float *x, const float *center, float *sum, float *square, size_t n);

/// One step of Adam, in place:
/// m += (g - m)(1 - beta1); v += (g^2 - v)(1 - beta2);
/// var -= rate * m / (sqrt(v) + epsilon), or with Nesterov's momentum
/// var -= rate * (beta1 m + (1 - beta1) g) / (sqrt(v) + epsilon).
/// `rate` is the learning rate already corrected for the powers of beta.
void loom_adam_f32(float *var, float *m, float *v, const float *g, float rate, float beta1,
                   float beta2, float epsilon, bool nesterov, size_t n);

/// accumulator = accumulator * momentum + g; var -= rate * accumulator, or with Nesterov's momentum
/// var -= rate * g + rate * momentum * accumulator.
void loom_momentum_f32(float *var, float *accumulator, const float *g, float rate, float momentum,
                       bool nesterov, size_t n);

/// var -= rate * g.
void loom_gradient_descent_f32(float *var, const float *g, float rate, size_t n);
