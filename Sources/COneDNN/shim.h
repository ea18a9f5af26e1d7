#pragma once
#include <dnnl.h>
#include <dnnl_version.h>

#if DNNL_VERSION_MAJOR != 2
#error "Weirloom is written for oneDNN 2. Build with --disable-default-traits to go without."
#endif

#include "convolution.h"
#include "setup.h"
