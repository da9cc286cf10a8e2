#include "sums.h"

void nmcu_sums_dot(int32_t *sums, const int8_t *x, const int8_t *weights, uint32_t words)
{
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];

    for (const int8_t *end = x + 4 * words; x < end; x += 4, weights += 16)
        for (unsigned i = 0; i < 4; i++) {
            a += x[i] * weights[i];
            b += x[i] * weights[4 + i];
            c += x[i] * weights[8 + i];
            d += x[i] * weights[12 + i];
        }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}
