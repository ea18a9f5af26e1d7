#pragma once
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <dnnl.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

/// Whether the processor offers tiles of AMX but hides their sizes, as some virtual machines do.
/// oneDNN would then configure tiles of no size and die of an illegal instruction.
static inline bool loom_onednn_tiles_are_broken(void) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 24 & 1)) return false;
  if (__get_cpuid_max(0, NULL) < 0x1d) return true;
  __cpuid_count(0x1d, 1, a, b, c, d);
  return b == 0 || c == 0;
#else
  return false;
#endif
}

static inline void loom_onednn_prepare_process(void) {
  // Takes effect only before oneDNN's first use.
  if (loom_onednn_tiles_are_broken()) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core_bf16);
}

/// To be called before oneDNN is used on a thread: keeps it single-threaded there; the runtime's own
/// loops share the work.
///
/// An OpenMP team waits for all its threads, which takes milliseconds when a core is busy, and every
/// calling thread would get a team of its own. With one thread OpenMP starts no team and its wait
/// policy does not matter. Looked up by name because a oneDNN built without OpenMP has no such symbol.
static inline void loom_onednn_prepare_thread(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  static _Thread_local int is_prepared;
  if (is_prepared) return;
  is_prepared = 1;
  pthread_once(&once, loom_onednn_prepare_process);
#ifdef RTLD_DEFAULT
  void *scope = RTLD_DEFAULT;
#else
  void *scope = (void *)0;
#endif
  void (*set_threads)(int) = (void (*)(int))dlsym(scope, "omp_set_num_threads");
  if (set_threads) set_threads(1);
}

/// Whether bfloat16 has matrix instructions here. Without them it is slower than Float.
static inline bool loom_onednn_has_bfloat16_tiles(void) {
  loom_onednn_prepare_thread();
  switch (dnnl_get_effective_cpu_isa()) {
  case dnnl_cpu_isa_avx512_core_amx: return true;
  default: return false;
  }
}
