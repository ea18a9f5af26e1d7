// All bodies, for the level being compiled.
#include "Convert.h"
#include "Double.h"
#include "Float.h"
#include "Fused.h"
#include "Gemm.h"
#include "Gemv.h"
#include "Reduce.h"
#include "Transpose.h"
