/* 64-bit shifts by 0 to 63. */

#include "int64.h"

uint64_t __ashldi3(uint64_t value, int by);
uint64_t __lshrdi3(uint64_t value, int by);
int64_t __ashrdi3(int64_t value, int by);

uint64_t __ashldi3(uint64_t value, int by)
{
    split64_t v = {value};
    if (by >= 32) {
        v.half.high = v.half.low << (by - 32);
        v.half.low = 0;
    } else if (by > 0) {
        v.half.high = v.half.high << by | v.half.low >> (32 - by);
        v.half.low <<= by;
    }
    return v.whole;
}

uint64_t __lshrdi3(uint64_t value, int by)
{
    split64_t v = {value};
    if (by >= 32) {
        v.half.low = v.half.high >> (by - 32);
        v.half.high = 0;
    } else if (by > 0) {
        v.half.low = v.half.low >> by | v.half.high << (32 - by);
        v.half.high >>= by;
    }
    return v.whole;
}

int64_t __ashrdi3(int64_t value, int by)
{
    split64_t v = {(uint64_t)value};
    uint32_t sign = value < 0 ? UINT32_MAX : 0;
    if (by >= 32) {
        v.half.low = (uint32_t)((int32_t)v.half.high >> (by - 32));
        v.half.high = sign;
    } else if (by > 0) {
        v.half.low = v.half.low >> by | v.half.high << (32 - by);
        v.half.high = (uint32_t)((int32_t)v.half.high >> by);
    }
    return (int64_t)v.whole;
}
