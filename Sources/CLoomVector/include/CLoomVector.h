// The loops that only wide vectors make fast. Everything else is Swift.
#pragma once
#include "loom_convert.h"
#include "loom_elementary.h"
#include "loom_fused.h"
#include "loom_gemm.h"
#include "loom_gemv.h"
#include "loom_reduce.h"
#include "loom_scratch.h"
#include "loom_thread.h"
#include "loom_transpose.h"
#include "loom_window.h"
