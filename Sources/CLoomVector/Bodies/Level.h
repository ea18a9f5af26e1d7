// What one compilation of the bodies is for.
//
// The folder Levels holds one file per instruction set; each defines LOOM_LEVEL and LOOM_WIDTH (bytes
// in a register) and includes all bodies, so that one text is compiled for each. Dispatch.c gives a function its public name and
// chooses the level when the program is loaded. (The compiler's own target_clones would do the same,
// but rejects helpers that take or return vectors.) Elsewhere than on x86-64 Linux with glibc the
// baseline is the only level and carries the public names itself.
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "CLoomVector.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define LOOM_DISPATCHES 1
#define LOOM_JOIN_(NAME, LEVEL) NAME##_##LEVEL
#define LOOM_JOIN(NAME, LEVEL) LOOM_JOIN_(NAME, LEVEL)
#define LOOM_FUNCTION(NAME) LOOM_JOIN(NAME, LOOM_LEVEL)
#else
#define LOOM_DISPATCHES 0
#define LOOM_FUNCTION(NAME) NAME
#endif

// Sums of products may become fused multiply-adds; nothing else is relaxed.
#pragma clang fp contract(fast)

// Every helper is inlined, so passing vectors never meets an ABI.
#pragma clang diagnostic ignored "-Wpsabi"
#define LOOM_INLINE static inline __attribute__((always_inline, unused))
