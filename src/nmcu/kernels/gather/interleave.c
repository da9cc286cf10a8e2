#include "gather.h"

void nmcu_interleave(uint32_t *to, const int8_t *pixel0, const int8_t *pixel1, const int8_t *pixel2,
                     const int8_t *pixel3, unsigned words)
{
    int8_t *out = (int8_t *)to;

    for (unsigned i = 0; i < 4 * words; i++) {
        *out++ = pixel0[i];
        *out++ = pixel1[i];
        *out++ = pixel2[i];
        *out++ = pixel3[i];
    }
}
