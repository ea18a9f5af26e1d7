// Loops that fuse several elementwise steps over a row.
#pragma once
#include "ElementaryFloat.h"
#include "Reduce.h"

// Runs STEP(i, m, load, store) over vectors, then once for a short rest: STEP sees the offset and
// how to reach m elements there.
#define LOOM_EACH_F32(n, STEP)                                                  \
  do {                                                                          \
    size_t i_ = 0;                                                              \
    for (; i_ + 16 <= (n); i_ += 16) STEP(i_, WHOLE_LOAD, WHOLE_STORE, 16);     \
    if (i_ < (n)) STEP(i_, PART_LOAD, PART_STORE, (n) - i_);                    \
  } while (0)
#define WHOLE_LOAD(p, m) load_f32x16(p)
#define WHOLE_STORE(p, v, m) store_f32x16(p, v)
#define PART_LOAD(p, m) load_part_f32x16(p, m)
#define PART_STORE(p, v, m) store_part_f32x16(p, v, m)

float LOOM_FUNCTION(loom_exp_sum_f32)(const float *x, float shift, float *y, size_t n) {
  f32x16 sum = (f32x16)(0);
  double total = 0;
  size_t i = 0;
  while (i + 16 <= n) {
    const size_t end = n - i < SUM_BLOCK ? n : i + SUM_BLOCK;
    for (; i + 16 <= end; i += 16) {
      const f32x16 e = f32_exp(load_f32x16(x + i) - shift);
      store_f32x16(y + i, e);
      sum += e;
    }
    total += total_f32x16(sum);
    sum = (f32x16)(0);
  }
  if (i < n) {
    store_part_f32x16(y + i, f32_exp(load_part_f32x16(x + i, n - i) - shift), n - i);
    float rest = 0;
    for (; i < n; i++) rest += y[i];
    total += rest;
  }
  return (float)total;
}

void LOOM_FUNCTION(loom_softmax_f32)(const float *x, float *y, size_t n) {
  const float max = LOOM_FUNCTION(loom_max_f32)(x, n);
  const float sum = LOOM_FUNCTION(loom_exp_sum_f32)(x, max, y, n);
  const float scale = 1.0f / sum;
#define STEP(i, LOAD, STORE, m) STORE(y + i, LOAD(y + i, m) * scale, m)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_log_softmax_f32)(const float *x, float *y, size_t n) {
  const float max = LOOM_FUNCTION(loom_max_f32)(x, n);
  double sum = 0;
  f32x16 lanes = (f32x16)(0);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    lanes += f32_exp(load_f32x16(x + i) - max);
    if (i % SUM_BLOCK == SUM_BLOCK - 16) {
      sum += total_f32x16(lanes);
      lanes = (f32x16)(0);
    }
  }
  sum += total_f32x16(lanes);
  if (i < n) {
    const f32x16 e = f32_exp(load_part_f32x16(x + i, n - i) - max);
    float t[16];
    store_part_f32x16(t, e, n - i);
    for (size_t j = 0; j < n - i; j++) sum += t[j];
  }
  const float norm = (float)log(sum);
#define STEP(i, LOAD, STORE, m) STORE(y + i, (LOAD(x + i, m) - max) - norm, m)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_layer_norm_f32)(const float *x, const float *scale, const float *offset,
                                        float epsilon, float *y, size_t n) {
  float mean, variance;
  LOOM_FUNCTION(loom_moments_f32)(x, n, &mean, &variance);
  const float inverse = 1.0f / sqrtf(variance + epsilon);
#define STEP(i, LOAD, STORE, m)                          \
  do {                                                   \
    f32x16 v_ = (LOAD(x + i, m) - mean) * inverse;       \
    if (scale) v_ = v_ * LOAD(scale + i, m);             \
    if (offset) v_ = v_ + LOAD(offset + i, m);           \
    STORE(y + i, v_, m);                                 \
  } while (0)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_scale_offset_f32)(const float *x, const float *scale, const float *offset,
                                          bool relu, float *y, size_t n) {
  const float floor = relu ? 0.0f : -INFINITY;
#define STEP(i, LOAD, STORE, m)                                            \
  do {                                                                     \
    const f32x16 v_ = LOAD(x + i, m) * LOAD(scale + i, m) + LOAD(offset + i, m); \
    STORE(y + i, v_ < floor ? (f32x16)(floor) : v_, m);                    \
  } while (0)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_offset_cut_f32)(const float *x, const float *offset, float low, float high,
                                        float *y, size_t n) {
#define STEP(i, LOAD, STORE, m)                                                \
  do {                                                                         \
    f32x16 v_ = LOAD(x + i, m);                                                \
    if (offset) v_ += LOAD(offset + i, m);                                     \
    v_ = v_ < low ? (f32x16)(low) : v_;                                        \
    STORE(y + i, v_ > high ? (f32x16)(high) : v_, m);                          \
  } while (0)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_accumulate_f32)(const float *x, const float *center, float *sum,
                                        float *square, size_t n) {
#define STEP(i, LOAD, STORE, m)                                        \
  do {                                                                 \
    const f32x16 v_ = LOAD(x + i, m);                                  \
    STORE(sum + i, LOAD(sum + i, m) + v_, m);                          \
    if (square) {                                                      \
      const f32x16 d_ = center ? v_ - LOAD(center + i, m) : v_;        \
      STORE(square + i, LOAD(square + i, m) + d_ * d_, m);             \
    }                                                                  \
  } while (0)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_adam_f32)(float *var, float *m, float *v, const float *g, float rate,
                                  float beta1, float beta2, float epsilon, bool nesterov, size_t n) {
  const float c1 = 1.0f - beta1, c2 = 1.0f - beta2;
#define STEP(i, LOAD, STORE, k)                                                  \
  do {                                                                           \
    const f32x16 g_ = LOAD(g + i, k);                                            \
    f32x16 m_ = LOAD(m + i, k), v_ = LOAD(v + i, k);                             \
    m_ = m_ + (g_ - m_) * c1;                                                    \
    v_ = v_ + (g_ * g_ - v_) * c2;                                               \
    STORE(m + i, m_, k);                                                         \
    STORE(v + i, v_, k);                                                         \
    const f32x16 u_ = nesterov ? m_ * beta1 + g_ * c1 : m_;                      \
    STORE(var + i, LOAD(var + i, k) - u_ * rate / (f32_sqrt(v_) + epsilon), k);  \
  } while (0)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_momentum_f32)(float *var, float *accumulator, const float *g, float rate,
                                      float momentum, bool nesterov, size_t n) {
#define STEP(i, LOAD, STORE, k)                                                 \
  do {                                                                          \
    const f32x16 g_ = LOAD(g + i, k);                                           \
    const f32x16 a_ = LOAD(accumulator + i, k) * momentum + g_;                 \
    STORE(accumulator + i, a_, k);                                              \
    const f32x16 u_ = nesterov ? g_ * rate + a_ * momentum * rate : a_ * rate;  \
    STORE(var + i, LOAD(var + i, k) - u_, k);                                   \
  } while (0)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

void LOOM_FUNCTION(loom_gradient_descent_f32)(float *var, const float *g, float rate, size_t n) {
#define STEP(i, LOAD, STORE, k) STORE(var + i, LOAD(var + i, k) - LOAD(g + i, k) * rate, k)
  LOOM_EACH_F32(n, STEP);
#undef STEP
}

#undef WHOLE_LOAD
#undef WHOLE_STORE
#undef PART_LOAD
#undef PART_STORE
