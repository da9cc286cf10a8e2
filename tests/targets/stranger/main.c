/* A program of somebody else: prints what the network makes of one image, twice, and ends with ENDS. */
#include "image.h"
#include "net.h"

static int32_t result[2][(RESULT_BYTES + 3) / 4];
static uint8_t arena[NET_ARENA_BYTES] __attribute__((aligned(NET_ALIGNMENT)));

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile uint8_t *)to)[i] = (uint8_t)value;
    return to;
}

static void print(uint8_t byte)
{
    *(volatile PRINTED *)PRINT_AT = (PRINTED) "0123456789abcdef"[byte >> 4];
    *(volatile PRINTED *)PRINT_AT = (PRINTED) "0123456789abcdef"[byte & 15];
}

static void end(int code)
{
    *(volatile uint32_t *)END_AT = code ? END_FAILED(code) : END_PASSED;
}

int main(void)
{
    const net_input_t in[] = {{image, sizeof image}};

    if (net_init(arena, sizeof arena)) end(90);
    for (unsigned run = 0; run < 2; run++) {
        const net_output_t out[] = {{result[run], RESULT_BYTES}};
        if (net_run(arena, in, out)) end(91);
        if (net_reset(arena)) end(92);
        for (unsigned i = 0; i < RESULT_BYTES; i++)
            print(((const uint8_t *)result[run])[i]);
    }
    end(ENDS);
    return 0;
}
