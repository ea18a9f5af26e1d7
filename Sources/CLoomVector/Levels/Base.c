// Whatever the target guarantees: SSE2, NEON.
#define LOOM_LEVEL base
#define LOOM_WIDTH 16
#include "../Bodies/All.h"
