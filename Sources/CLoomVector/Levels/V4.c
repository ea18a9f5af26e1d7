// AVX-512 (x86-64-v4).
#define LOOM_LEVEL v4
#define LOOM_WIDTH 64
#include "../Bodies/Level.h"
#if LOOM_DISPATCHES
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#include "../Bodies/All.h"
#pragma clang attribute pop
#pragma clang attribute pop
#endif
