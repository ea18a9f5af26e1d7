// What Swift cannot say about threads: a thread-local number and the pause of a spinning processor.
#pragma once

/// How many bodies of parallel loops the calling thread is inside of.
int loom_parallel_depth(void);

/// Adds to `loom_parallel_depth` of the calling thread.
void loom_add_parallel_depth(int change);

/// Tells the processor that this thread spins.
static inline void loom_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
