#include "portable.h"

NMCU_DEPTHWISE_PORTABLE(nmcu_depthwise_columns_1)
NMCU_DEPTHWISE_PORTABLE(nmcu_depthwise_columns_2)
