#pragma once
#include <dnnl.h>
#include <dnnl_version.h>
