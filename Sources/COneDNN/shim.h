#pragma once
#include <dlfcn.h>
#include <dnnl.h>
#include <dnnl_version.h>

/// Keeps oneDNN single-threaded on the calling thread; the runtime's own loops share the work.
///
/// An OpenMP team waits for all its threads, which takes milliseconds when a core is busy, and every
/// calling thread would get a team of its own. With one thread OpenMP starts no team and its wait
/// policy does not matter. Looked up by name because a oneDNN built without OpenMP has no such symbol.
static inline void loom_onednn_prepare_thread(void) {
  static _Thread_local int is_prepared;
  if (is_prepared) return;
  is_prepared = 1;
#ifdef RTLD_DEFAULT
  void *scope = RTLD_DEFAULT;
#else
  void *scope = (void *)0;
#endif
  void (*set_threads)(int) = (void (*)(int))dlsym(scope, "omp_set_num_threads");
  if (set_threads) set_threads(1);
}
