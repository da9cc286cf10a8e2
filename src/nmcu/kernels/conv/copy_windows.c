#include <string.h>

#include "block.h"

void nmcu_copy_windows(const nmcu_windows_t *windows)
{
    for (unsigned p = 0; p < windows->pixels; p++)
        for (unsigned run = 0; run < windows->runs; run++)
            memcpy(windows->to + p * windows->to_step + run * windows->run_bytes,
                   windows->from + p * windows->from_step + run * windows->row_bytes, windows->run_bytes);
}
