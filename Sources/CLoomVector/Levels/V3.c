// AVX2 with FMA (x86-64-v3).
#define LOOM_LEVEL v3
#define LOOM_WIDTH 32
#include "../Bodies/Level.h"
#if LOOM_DISPATCHES
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "../Bodies/All.h"
#pragma clang attribute pop
#endif
