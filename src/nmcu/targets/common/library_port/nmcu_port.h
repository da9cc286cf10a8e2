/* HAL port of a network in a program of somebody else: nothing but copies and the meeting of NMCU_CORES cores. It runs
 * on any machine. */

#ifndef NMCU_PORT_H
#define NMCU_PORT_H

#define NMCU_PLACE(section_name) __attribute__((aligned(4)))

#include "nmcu_copy_dma.h"

#if NMCU_CORES == 1
#include "nmcu_one_core.h"
#else
#include "nmcu_flag_barrier.h"
#endif

#endif
