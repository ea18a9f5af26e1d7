// Windows of depthwise convolutions and pools. Sums stay in registers over a window.
#pragma once
#include <float.h>
#include "Vectors.h"

// Runs BLOCK(c, V, LOAD, STORE, m) over the channels: vectors, then a rest of m < 16.
#define LOOM_CHANNELS(n, BLOCK)                                         \
  do {                                                                  \
    size_t c_ = 0;                                                      \
    for (; c_ + 16 <= (n); c_ += 16) BLOCK(c_, WHOLE_LOAD, WHOLE_STORE, 16); \
    if (c_ < (n)) BLOCK(c_, PART_LOAD, PART_STORE, (n) - c_);           \
  } while (0)
#define WHOLE_LOAD(p, m) load_f32x16(p)
#define WHOLE_STORE(p, v, m) store_f32x16(p, v)
#define PART_LOAD(p, m) load_part_f32x16(p, m)
#define PART_STORE(p, v, m) store_part_f32x16(p, v, m)

LOOM_INLINE f32x16 cut_f32x16(f32x16 v, float low, float high) {
  v = v < low ? (f32x16)(low) : v;
  return v > high ? (f32x16)(high) : v;
}

void LOOM_FUNCTION(loom_window_dot_f32)(const float *const *x, const float *const *w, size_t count,
                                        const float *offset, float low, float high, float *y,
                                        size_t channels) {
  size_t c = 0;
  // Four vectors at a time hide the latency of the sums.
  for (; c + 64 <= channels; c += 64) {
    f32x16 s0 = (f32x16)(0), s1 = s0, s2 = s0, s3 = s0;
    if (offset) {
      s0 = load_f32x16(offset + c);
      s1 = load_f32x16(offset + c + 16);
      s2 = load_f32x16(offset + c + 32);
      s3 = load_f32x16(offset + c + 48);
    }
    for (size_t t = 0; t < count; t++) {
      const float *a = x[t] + c, *b = w[t] + c;
      s0 += load_f32x16(a) * load_f32x16(b);
      s1 += load_f32x16(a + 16) * load_f32x16(b + 16);
      s2 += load_f32x16(a + 32) * load_f32x16(b + 32);
      s3 += load_f32x16(a + 48) * load_f32x16(b + 48);
    }
    store_f32x16(y + c, cut_f32x16(s0, low, high));
    store_f32x16(y + c + 16, cut_f32x16(s1, low, high));
    store_f32x16(y + c + 32, cut_f32x16(s2, low, high));
    store_f32x16(y + c + 48, cut_f32x16(s3, low, high));
  }
#define BLOCK(i, LOAD, STORE, m)                                                            \
  do {                                                                                      \
    f32x16 s_ = offset ? LOAD(offset + c + i, m) : (f32x16)(0);                             \
    for (size_t t = 0; t < count; t++) s_ += LOAD(x[t] + c + i, m) * LOAD(w[t] + c + i, m); \
    STORE(y + c + i, cut_f32x16(s_, low, high), m);                                         \
  } while (0)
  LOOM_CHANNELS(channels - c, BLOCK);
#undef BLOCK
}

void LOOM_FUNCTION(loom_window_scatter_f32)(float *const *y, const float *const *x, size_t count,
                                            const float *g, size_t channels) {
#define BLOCK(i, LOAD, STORE, m)                                              \
  do {                                                                        \
    const f32x16 g_ = LOAD(g + i, m);                                         \
    for (size_t t = 0; t < count; t++)                                        \
      STORE(y[t] + i, LOAD(y[t] + i, m) + LOAD(x[t] + i, m) * g_, m);         \
  } while (0)
  LOOM_CHANNELS(channels, BLOCK);
#undef BLOCK
}

void LOOM_FUNCTION(loom_window_spread_f32)(float *const *y, size_t count, const float *g,
                                           float scale, size_t channels) {
#define BLOCK(i, LOAD, STORE, m)                                                          \
  do {                                                                                    \
    const f32x16 g_ = LOAD(g + i, m) * scale;                                             \
    for (size_t t = 0; t < count; t++) STORE(y[t] + i, LOAD(y[t] + i, m) + g_, m);        \
  } while (0)
  LOOM_CHANNELS(channels, BLOCK);
#undef BLOCK
}

void LOOM_FUNCTION(loom_window_mean_f32)(const float *const *x, size_t count, float *y,
                                         size_t channels) {
  const float divisor = (float)count;
#define BLOCK(i, LOAD, STORE, m)                                              \
  do {                                                                        \
    f32x16 s_ = (f32x16)(0);                                                  \
    for (size_t t = 0; t < count; t++) s_ += LOAD(x[t] + i, m);               \
    STORE(y + i, s_ / divisor, m);                                            \
  } while (0)
  LOOM_CHANNELS(channels, BLOCK);
#undef BLOCK
}

void LOOM_FUNCTION(loom_window_max_f32)(const float *const *x, size_t count, float *y,
                                        size_t channels) {
#define BLOCK(i, LOAD, STORE, m)                                              \
  do {                                                                        \
    f32x16 best_ = (f32x16)(-FLT_MAX);                                        \
    for (size_t t = 0; t < count; t++) {                                      \
      const f32x16 v_ = LOAD(x[t] + i, m);                                    \
      best_ = v_ > best_ ? v_ : best_;                                        \
    }                                                                         \
    STORE(y + i, best_, m);                                                   \
  } while (0)
  LOOM_CHANNELS(channels, BLOCK);
#undef BLOCK
}

void LOOM_FUNCTION(loom_window_max_gradient_f32)(const float *const *x, float *const *dx,
                                                 size_t count, const float *g, size_t channels) {
  if (count == 0) return;
#define BLOCK(i, LOAD, STORE, m)                                              \
  do {                                                                        \
    f32x16 best_ = LOAD(x[0] + i, m);                                         \
    i32x16 found_ = (i32x16)(0);                                              \
    for (size_t t = 1; t < count; t++) {                                      \
      const f32x16 v_ = LOAD(x[t] + i, m);                                    \
      found_ = v_ > best_ ? (i32x16)((int32_t)t) : found_;                    \
      best_ = v_ > best_ ? v_ : best_;                                        \
    }                                                                         \
    const f32x16 g_ = LOAD(g + i, m);                                         \
    for (size_t t = 0; t < count; t++) {                                      \
      const f32x16 v_ = LOAD(dx[t] + i, m);                                   \
      STORE(dx[t] + i, found_ == (i32x16)((int32_t)t) ? v_ + g_ : v_, m);     \
    }                                                                         \
  } while (0)
  LOOM_CHANNELS(channels, BLOCK);
#undef BLOCK
}

#undef LOOM_CHANNELS
#undef WHOLE_LOAD
#undef WHOLE_STORE
#undef PART_LOAD
#undef PART_STORE
