#include "pool.h"

void nmcu_pool_sums(const nmcu_pool_window_t *window, int32_t *sums)
{
    for (unsigned c = 0; c < 4 * window->groups; c++) {
        int32_t sum = 0;
        for (unsigned row = 0; row < window->rows; row++)
            for (unsigned column = 0; column < window->columns; column++)
                sum +=
                    window->x[(int32_t)row * window->row_bytes + (int32_t)(column * window->pixel_bytes + c)];
        sums[c] = sum;
    }
}
