#include "CLoomVector.h"
