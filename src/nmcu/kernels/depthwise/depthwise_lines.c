#include "portable.h"

NMCU_DEPTHWISE_PORTABLE(nmcu_depthwise_3x4)
NMCU_DEPTHWISE_PORTABLE(nmcu_depthwise_5x8)
