#include "gmac.h"

void nmcu_interleave_columns(const nmcu_columns_t *columns)
{
    for (unsigned row = 0; row < columns->rows; row++)
        for (unsigned copy = 0; copy < columns->copies; copy++)
            for (unsigned i = 0; i < 4 * columns->words; i++)
                for (unsigned p = 0; p < 4; p++)
                    columns->to[copy][row * columns->to_step + 4 * i + p] =
                        (uint8_t)columns->pixel[p][row * columns->pixel_step + i];
}
