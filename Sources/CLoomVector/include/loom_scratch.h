// Working memory that stays with its thread.
#pragma once
#include <stddef.h>

/// Uses of scratch memory that may be alive at the same time on one thread.
enum {
  LOOM_SCRATCH_GEMM,
  LOOM_SCRATCH_LEFT,
  LOOM_SCRATCH_RIGHT,
  LOOM_SCRATCH_RESULT,
  LOOM_SCRATCH_COLUMNS,
  LOOM_SCRATCH_PRIMITIVE,
  LOOM_SCRATCH_COUNT
};

/// At least `bytes` bytes for one use, aligned to 64, uninitialised; valid until the next call for the
/// same use on this thread. Kept for the next call and freed when the thread ends, because fresh
/// pages cost more than the arithmetic on them. NULL if the system refuses.
void *loom_scratch(int use, size_t bytes);
