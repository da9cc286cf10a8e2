#include <string.h>

#include "records.h"

void nmcu_copy_words(int8_t *to, const int8_t *from, unsigned words)
{
    memcpy(to, from, 4 * words);
}
