#include "loom_thread.h"

static _Thread_local int depth;

int loom_parallel_depth(void) { return depth; }
void loom_add_parallel_depth(int change) { depth += change; }
