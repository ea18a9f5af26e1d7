// Matrix products: tile shapes per level. MR * NV accumulators, NV values of b and one of a fill the
// 32 (AVX-512) or 16 registers.
#pragma once
#include "Transpose.h"

#if LOOM_WIDTH == 64
#define MR 8
#define NV 3
#define V32 f32x16
#define V64 f64x8
#elif LOOM_WIDTH == 32
#define MR 4
#define NV 3
#define V32 f32x8
#define V64 f64x4
#else
#define MR 4
#define NV 2
#define V32 f32x4
#define V64 f64x2
#endif
#define LOOM_PASTE_(A, B) A##B
#define LOOM_PASTE(A, B) LOOM_PASTE_(A, B)

#define REAL float
#define V V32
#define LANES (LOOM_WIDTH / 4)
#define G(x) gemm_f32_##x
#define PUBLIC loom_gemm_f32
#define LOAD LOOM_PASTE(load_, V32)
#define STORE LOOM_PASTE(store_, V32)
#define TRANSPOSE(x, step, y, side, lines, k) transpose_panel_4(x, step, y, side, lines, k)
#include "GemmKernel.h"
#undef REAL
#undef V
#undef LANES
#undef G
#undef PUBLIC
#undef LOAD
#undef STORE
#undef TRANSPOSE

#define REAL double
#define V V64
#define LANES (LOOM_WIDTH / 8)
#define G(x) gemm_f64_##x
#define PUBLIC loom_gemm_f64
#define LOAD LOOM_PASTE(load_, V64)
#define STORE LOOM_PASTE(store_, V64)
#define TRANSPOSE(x, step, y, side, lines, k) transpose_panel_8(x, step, y, side, lines, k)
#include "GemmKernel.h"
#undef REAL
#undef V
#undef LANES
#undef G
#undef PUBLIC
#undef LOAD
#undef STORE
#undef TRANSPOSE
#undef MR
#undef NV
