#include "activate.h"

#include "rescale.h"

/* exp(x) for x of -32768 to -1 with `bits` integer bits, 15 bits behind the point. */
static int32_t exponential(int32_t x, int32_t bits)
{
    static const int16_t powers[] = {25520, 19875, 12055, 4435, 600, 11, 0}; /* exp(-2^k) from k = -2 on */
    const int32_t fraction = 15 - bits;
    const int32_t quarter = 1 << (fraction - 2);
    const int32_t rest = (x & (quarter - 1)) - quarter;
    const int32_t y = (int32_t)((uint32_t)rest << bits) + 4096;
    const int32_t square = nmcu_product15(y, y);
    const int32_t cube = nmcu_product15(square, y), fourth = nmcu_product15(square, square);
    const int32_t tail = nmcu_product15(((fourth + 2) >> 2) + cube, 10923) + square; /* not negative */
    uint32_t quarters = (uint32_t)(rest - x) >> (fraction - 2);
    int32_t result = 28918 + nmcu_product15(28918, y + ((tail + 1) >> 1));

    if (bits > 5 && x < -(1 << (20 - bits))) return 0;
    if (result > 32767) result = 32767;
    for (const int16_t *power = powers; quarters; power++, quarters >>= 1)
        if (quarters & 1) result = nmcu_product15(result, *power);
    return result;
}

/* 2 / (1 + x) for x from 0 to 1 in 15 bits, in 13 bits behind the point, by Newton's steps. */
static int32_t reciprocal(int32_t x)
{
    const int32_t half = (x + 32768) >> 1;
    int32_t y = 23130 + nmcu_product15(half, -15420);
    for (int i = 0; i < 3; i++)
        y += nmcu_product15(y, 8192 - nmcu_product15(half, y)) * 4;
    return y;
}

void nmcu_activate(const nmcu_activation_t *values)
{
    const int32_t tanh = values->tanh, bits = values->bits - tanh;

    for (unsigned i = 0; i < values->count; i++) {
        const int32_t x = values->x[i];
        int32_t y = tanh ? 0 : 1 << 14;
        if (x != 0) {
            const int32_t inverse = reciprocal(exponential(x < 0 ? x : -x, bits));
            y = tanh ? (inverse - 8192) * 4 : inverse * 2;
            if (y > 32767) y = 32767;
            if (x < 0) y = tanh ? -y : 32767 - y;
        }
        values->y[i] = (int16_t)y;
    }
}
