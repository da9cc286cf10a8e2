/* HAL port of cv32e40p: one core, flat memory, no DMA engine. */

#ifndef NMCU_PORT_H
#define NMCU_PORT_H

#include "nmcu_copy_dma.h"
#include "nmcu_one_core.h"
#include "nmcu_simulated.h"

#endif
