#include "gather.h"

void nmcu_interleave(uint8_t *to, const int8_t *pixel0, const int8_t *pixel1, const int8_t *pixel2,
                     const int8_t *pixel3, unsigned words, unsigned stride)
{
    for (unsigned i = 0; i < 4 * words; i++, to += stride) {
        to[0] = (uint8_t)pixel0[i];
        to[1] = (uint8_t)pixel1[i];
        to[2] = (uint8_t)pixel2[i];
        to[3] = (uint8_t)pixel3[i];
    }
}
