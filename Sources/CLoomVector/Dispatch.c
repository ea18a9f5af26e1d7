// Public names: each is resolved to one level when the program is loaded.
#include "Bodies/Level.h"
#if LOOM_DISPATCHES

// Resolvers run before the runtime of any sanitizer does.
#define LOOM_DISPATCH(NAME)                                                          \
  extern __typeof__(NAME) NAME##_v4, NAME##_v3, NAME##_base;                         \
  __attribute__((disable_sanitizer_instrumentation)) static __typeof__(NAME) *       \
      NAME##_resolver(void) {                                                        \
    __builtin_cpu_init();                                                            \
    if (__builtin_cpu_supports("x86-64-v4")) return NAME##_v4;                       \
    if (__builtin_cpu_supports("x86-64-v3")) return NAME##_v3;                       \
    return NAME##_base;                                                              \
  }                                                                                  \
  __typeof__(NAME) NAME __attribute__((ifunc(#NAME "_resolver")));

#define LOOM_DISPATCH_BOTH(NAME)   \
  LOOM_DISPATCH(loom_##NAME##_f32) \
  LOOM_DISPATCH(loom_##NAME##_f64)

LOOM_DISPATCH_BOTH(exp)
LOOM_DISPATCH_BOTH(expm1)
LOOM_DISPATCH_BOTH(log)
LOOM_DISPATCH_BOTH(log1p)
LOOM_DISPATCH_BOTH(tanh)
LOOM_DISPATCH_BOTH(sigmoid)
LOOM_DISPATCH_BOTH(softplus)
LOOM_DISPATCH_BOTH(elu)
LOOM_DISPATCH_BOTH(selu)
LOOM_DISPATCH_BOTH(sqrt)
LOOM_DISPATCH_BOTH(rsqrt)
LOOM_DISPATCH_BOTH(reciprocal)
LOOM_DISPATCH_BOTH(erf)
LOOM_DISPATCH_BOTH(erfc)
LOOM_DISPATCH_BOTH(sin)
LOOM_DISPATCH_BOTH(cos)
LOOM_DISPATCH_BOTH(pow)
LOOM_DISPATCH(loom_half_to_float)
LOOM_DISPATCH(loom_bfloat16_to_float)
LOOM_DISPATCH(loom_float_to_half)
LOOM_DISPATCH(loom_float_to_bfloat16)
LOOM_DISPATCH(loom_float_to_bfloat16_truncating)

LOOM_DISPATCH_BOTH(sum)
LOOM_DISPATCH_BOTH(dot)
LOOM_DISPATCH_BOTH(max)
LOOM_DISPATCH_BOTH(min)
LOOM_DISPATCH(loom_moments_f32)

LOOM_DISPATCH(loom_exp_sum_f32)
LOOM_DISPATCH(loom_softmax_f32)
LOOM_DISPATCH(loom_log_softmax_f32)
LOOM_DISPATCH(loom_layer_norm_f32)
LOOM_DISPATCH(loom_scale_offset_f32)
LOOM_DISPATCH(loom_offset_cut_f32)
LOOM_DISPATCH(loom_accumulate_f32)
LOOM_DISPATCH(loom_adam_f32)
LOOM_DISPATCH(loom_momentum_f32)
LOOM_DISPATCH(loom_gradient_descent_f32)

LOOM_DISPATCH_BOTH(gemm)
LOOM_DISPATCH_BOTH(gemv)

LOOM_DISPATCH(loom_transpose_4)
LOOM_DISPATCH(loom_transpose_8)

LOOM_DISPATCH(loom_window_dot_f32)
LOOM_DISPATCH(loom_window_scatter_f32)
LOOM_DISPATCH(loom_window_spread_f32)
LOOM_DISPATCH(loom_window_mean_f32)
LOOM_DISPATCH(loom_window_max_f32)
LOOM_DISPATCH(loom_window_max_gradient_f32)

#endif
