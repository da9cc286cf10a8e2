#include "portable.h"

NMCU_DEPTHWISE_PORTABLE(nmcu_depthwise_3x3)
