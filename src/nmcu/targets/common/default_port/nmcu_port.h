/* HAL port of a target that brings none: no DMA engine, no event unit. NMCU_CORES and NMCU_HOST_IO_BASE come from its
 * target.toml. One core has nobody to wait for; several meet by flags in memory (nmcu_flag_barrier.h). */

#ifndef NMCU_PORT_H
#define NMCU_PORT_H

#include "nmcu_copy_dma.h"
#include "nmcu_simulated.h"

#if NMCU_CORES == 1
#include "nmcu_one_core.h"
#else
#include "nmcu_flag_barrier.h"
#endif

#endif
