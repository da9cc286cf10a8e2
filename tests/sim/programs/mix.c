/* Programs whose output must be the same here and there: prints one checksum a line. On the target NMCU is defined. */
#include <stdint.h>
#ifdef NMCU
#include "nmcu_hal.h"
#define PUT nmcu_putchar
#else
#include <stdio.h>
#define PUT putchar
#endif

static void print(const char *name, uint32_t value)
{
    while (*name)
        PUT(*name++);
    PUT(' ');
    for (int shift = 28; shift >= 0; shift -= 4)
        PUT("0123456789abcdef"[value >> shift & 15]);
    PUT('\n');
}

static uint32_t seed = 1;
static uint32_t next(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed ^ seed >> 15;
}

/* ---- CRC, byte by byte and by table */
static uint32_t crc_table[256];
static void crc_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
        crc_table[i] = value;
    }
}
static uint32_t crc(const void *data, uint32_t count)
{
    const uint8_t *bytes = data;
    uint32_t value = ~0u;
    while (count--)
        value = value >> 8 ^ crc_table[(value ^ *bytes++) & 255];
    return ~value;
}

/* ---- sorting through function pointers */
typedef int (*compare)(const void *, const void *);
static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}
static int by_low_byte(const void *a, const void *b)
{
    return (int)*(const uint8_t *)a - (int)*(const uint8_t *)b
               ? (int)*(const uint8_t *)a - (int)*(const uint8_t *)b
               : ascending(a, b);
}
static void quicksort(int32_t *v, int from, int to, compare less)
{
    while (from < to) {
        int32_t pivot = v[(from + to) / 2];
        int i = from, j = to;
        while (i <= j) {
            while (less(&v[i], &pivot) < 0)
                i++;
            while (less(&v[j], &pivot) > 0)
                j--;
            if (i <= j) {
                int32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        quicksort(v, from, j, less);
        from = i;
    }
}

/* ---- matrices of 8, 16 and 32 bits */
static int8_t a8[24][24], b8[24][24];
static int16_t a16[12][12], b16[12][12];
static int32_t c32[24][24];
static void matrices(void)
{
    for (int i = 0; i < 24; i++)
        for (int j = 0; j < 24; j++) {
            a8[i][j] = (int8_t)next();
            b8[i][j] = (int8_t)(next() >> 8);
        }
    for (int i = 0; i < 24; i++)
        for (int j = 0; j < 24; j++) {
            int32_t sum = 0;
            for (int k = 0; k < 24; k++)
                sum += a8[i][k] * b8[k][j];
            c32[i][j] = sum;
        }
    print("matrix8", crc(c32, sizeof c32));
    for (int i = 0; i < 12; i++)
        for (int j = 0; j < 12; j++) {
            a16[i][j] = (int16_t)next();
            b16[i][j] = (int16_t)(next() & 0x7fff);
        }
    uint64_t total = 0;
    for (int i = 0; i < 12; i++)
        for (int j = 0; j < 12; j++) {
            int64_t sum = 0;
            for (int k = 0; k < 12; k++)
                sum += (int64_t)a16[i][k] * b16[k][j];
            total = total * 31 + (uint64_t)sum;
        }
    print("matrix16", (uint32_t)total ^ (uint32_t)(total >> 32));
}

/* ---- 64-bit arithmetic */
static void wide(void)
{
    uint64_t x = 0x123456789abcdef1u, check = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t y = (uint64_t)next() << 32 | next();
        int64_t sx = (int64_t)x, sy = (int64_t)(y | 1);
        x = x * y + (x >> (i & 63)) + (y << (i * 7 & 63));
        check ^= x / (y | 1) + x % (y >> 17 | 1);
        check += (uint64_t)(sx / sy) * 3 + (uint64_t)(sx % sy);
        check += (uint64_t)((sx >> (i & 63)) < sy) + (x > y) * 5u;
        check += (uint64_t)__builtin_popcountll(x) + (uint64_t)__builtin_clzll(y | 1) * 7u;
    }
    print("wide", (uint32_t)check);
    print("wide_high", (uint32_t)(check >> 32));
}

/* ---- division of all signs, shifts, comparisons */
static void narrow(void)
{
    static const int32_t edges[] = {0, 1, -1, 2, -2, 7, -7, 255, 256, -32768, 32767, 0x7fffffff, -0x7fffffff};
    uint32_t check = 0;
    for (unsigned i = 0; i < sizeof edges / sizeof *edges; i++)
        for (unsigned j = 0; j < sizeof edges / sizeof *edges; j++) {
            int32_t x = edges[i], y = edges[j];
            if (y) check = check * 33 + (uint32_t)(x / y) + (uint32_t)(x % y) * 3u;
            if (y) check = check * 33 + (uint32_t)x / (uint32_t)y + (uint32_t)x % (uint32_t)y;
            check += (uint32_t)(((int64_t)x * y) >> 32) + (uint32_t)x * (uint32_t)y;
            check ^= (uint32_t)x << (y & 31) ^ (uint32_t)x >> (y & 31) ^ (uint32_t)(x >> (y & 31));
            check += (uint32_t)(x < y) + 2u * ((uint32_t)x < (uint32_t)y) + 4u * (uint32_t)(x == y);
        }
    print("narrow", check);
}

/* ---- recursion */
static uint32_t ackermann(uint32_t m, uint32_t n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}
static int queens(int row, uint32_t columns, uint32_t left, uint32_t right)
{
    int count = 0;
    if (row == 7) return 1;
    for (uint32_t bit = 1; bit < 1u << 7; bit <<= 1)
        if (!((columns | left | right) & bit))
            count += queens(row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    return count;
}

/* ---- a state machine over text, as in CoreMark, with a switch */
enum state { START, INTEGER, POINT, FRACTION, BAD };
static uint32_t scan(const char *text)
{
    uint32_t counts[5] = {0};
    enum state state = START;
    for (; *text; text++) {
        if (*text == ',') {
            counts[state]++;
            state = START;
            continue;
        }
        switch (state) {
        case START:
            state = *text == '+' || *text == '-' || (*text >= '0' && *text <= '9') ? INTEGER
                    : *text == '.'                                                 ? POINT
                                                                                   : BAD;
            break;
        case INTEGER: state = *text >= '0' && *text <= '9' ? INTEGER : *text == '.' ? POINT : BAD; break;
        case POINT: state = *text >= '0' && *text <= '9' ? FRACTION : BAD; break;
        case FRACTION: state = *text >= '0' && *text <= '9' ? FRACTION : BAD; break;
        case BAD: break;
        }
    }
    return crc(counts, sizeof counts);
}

/* ---- linked list, structures by value */
struct node {
    struct node *next;
    int16_t key;
    uint8_t payload[5];
};
static struct node nodes[64];
struct pair {
    int32_t low, high;
    int64_t sum;
};
static struct pair range(const struct node *n)
{
    struct pair p = {32767, -32768, 0};
    for (; n; n = n->next) {
        p.low = n->key < p.low ? n->key : p.low;
        p.high = n->key > p.high ? n->key : p.high;
        p.sum += n->key * (int64_t)n->payload[4];
    }
    return p;
}
static struct node *reverse(struct node *n)
{
    struct node *done = 0;
    while (n) {
        struct node *rest = n->next;
        n->next = done;
        done = n;
        n = rest;
    }
    return done;
}

/* ---- misaligned accesses: packed members are read and written at any address */
struct __attribute__((packed)) packed {
    uint8_t tag;
    uint32_t word;
    uint16_t half;
    uint64_t wide;
};
static struct packed packed[9];
static uint8_t raw[64];
static void misaligned(void)
{
    uint32_t check = 0;
    for (unsigned i = 0; i < 9; i++) {
        packed[i].tag = (uint8_t)i;
        packed[i].word = next();
        packed[i].half = (uint16_t)next();
        packed[i].wide = (uint64_t)next() * next();
    }
    for (unsigned i = 0; i < 9; i++)
        check =
            check * 31 + packed[i].word + packed[i].half + (uint32_t)(packed[i].wide >> 13) + packed[i].tag;
    print("packed", check);
    print("packed_bytes", crc(packed, sizeof packed));
    typedef uint32_t __attribute__((aligned(1), may_alias)) loose;
    typedef int16_t __attribute__((aligned(1), may_alias)) loose_half;
    for (unsigned i = 0; i + 4 <= sizeof raw; i += 3)
        *(volatile loose *)(raw + i) = next();
    for (unsigned i = 0; i + 4 <= sizeof raw; i++)
        check = check * 17 + *(volatile loose *)(raw + i) + (uint32_t)*(volatile loose_half *)(raw + i);
    print("misaligned", check);
}

int main(void)
{
    static int32_t values[300];
    crc_init();
    print("crc", crc("123456789", 9));
    for (int i = 0; i < 300; i++)
        values[i] = (int32_t)next();
    quicksort(values, 0, 299, ascending);
    print("sorted", crc(values, sizeof values));
    quicksort(values, 0, 299, by_low_byte);
    print("by_low_byte", crc(values, sizeof values));
    matrices();
    wide();
    narrow();
    print("ackermann", ackermann(2, 9));
    print("queens", (uint32_t)queens(0, 0, 0, 0));
    print("scan", scan("12,+5,-7.25,.5,1.,x,..,3.1415926,99999,--1,"));
    for (int i = 0; i < 64; i++) {
        nodes[i].next = i < 63 ? &nodes[i + 1] : 0;
        nodes[i].key = (int16_t)next();
        for (int k = 0; k < 5; k++)
            nodes[i].payload[k] = (uint8_t)next();
    }
    struct pair p = range(reverse(nodes));
    print("list", (uint32_t)p.low ^ (uint32_t)p.high << 16 ^ (uint32_t)p.sum);
    misaligned();
    return 0;
}
