#include "pool.h"

void nmcu_pool_maximum(const nmcu_pool_window_t *window, int8_t *y)
{
    for (unsigned c = 0; c < 4 * window->groups; c++) {
        int8_t most = -128;
        for (unsigned row = 0; row < window->rows; row++)
            for (unsigned column = 0; column < window->columns; column++) {
                const int8_t x =
                    window->x[(int32_t)row * window->row_bytes + (int32_t)(column * window->pixel_bytes + c)];
                most = x > most ? x : most;
            }
        y[c] = most;
    }
}
