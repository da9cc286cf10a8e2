#include "boxes.h"

#include <string.h>

#include "arithmetic.h"
#include "nmcu_hal.h"

static void fill(const nmcu_boxes_t *layer, int8_t *staging, unsigned core, unsigned cores)
{
    const uint32_t step = layer->staging_bytes;
    uint32_t ticket = 0;

    memset(staging, layer->value, nmcu_min(step, layer->fill_bytes));
    for (uint32_t at = core * step; at < layer->fill_bytes; at += cores * step)
        ticket = nmcu_dma_start_1d(layer->output + at, staging, nmcu_min(step, layer->fill_bytes - at));
    if (ticket) nmcu_dma_wait(ticket);
    nmcu_barrier();
}

static void copy_run(const nmcu_box_t *box, int8_t *to, const int8_t *from, int8_t *staging,
                     uint32_t staging_bytes)
{
    for (uint32_t at = 0; at < box->run; at += staging_bytes) {
        const uint32_t bytes = nmcu_min(staging_bytes, box->run - at);
        nmcu_dma_wait(nmcu_dma_start_1d(staging, from + at, bytes));
        nmcu_dma_wait(nmcu_dma_start_1d(to + at, staging, bytes));
    }
}

static void copy_rows(const nmcu_box_t *box, int8_t *to, const int8_t *from, uint32_t rows, int8_t *staging)
{
    const uint32_t run = box->run;

    if (box->from_row == (int32_t)run)
        nmcu_dma_wait(nmcu_dma_start_1d(staging, from, rows * run));
    else
        nmcu_dma_wait(nmcu_dma_start_2d(staging, from, run, rows, run, (uint32_t)box->from_row));
    if (box->to_row == (int32_t)run)
        nmcu_dma_wait(nmcu_dma_start_1d(to, staging, rows * run));
    else
        nmcu_dma_wait(nmcu_dma_start_2d(to, staging, run, rows, (uint32_t)box->to_row, run));
}

static void copy_box(const nmcu_box_t *box, int8_t *output, const int8_t *input, int8_t *staging,
                     uint32_t staging_bytes, unsigned core, unsigned cores)
{
    const uint32_t most = box->run < staging_bytes ? staging_bytes / box->run : 1; /* rows at a time */
    const uint32_t chunks = (box->rows + most - 1) / most;
    const uint32_t pages = box->size[0] * box->size[1] * box->size[2] * box->size[3];

    for (uint32_t item = core; item < pages * chunks; item += cores) {
        uint32_t page = chunks == 1 ? item : item / chunks;
        const uint32_t row = (item - page * chunks) * most;
        int32_t from = (int32_t)row * box->from_row, to = (int32_t)row * box->to_row;
        for (unsigned axis = NMCU_BOX_AXES; axis-- > 0;) {
            const uint32_t size = box->size[axis];
            if (size == 1) continue;
            const uint32_t outer = page / size;
            const int32_t index = (int32_t)(page - outer * size);
            from += index * box->from_stride[axis];
            to += index * box->to_stride[axis];
            page = outer;
        }
        if (box->run > staging_bytes)
            copy_run(box, output + to, input + from, staging, staging_bytes);
        else
            copy_rows(box, output + to, input + from, nmcu_min(most, box->rows - row), staging);
    }
}

void nmcu_boxes_run(const nmcu_boxes_t *layer)
{
    const nmcu_boxes_t boxes = *layer; /* copies in L1: the originals are in slow memory */
    const unsigned core = nmcu_core_id(), cores = nmcu_core_count();
    int8_t *const staging = boxes.staging + core * boxes.staging_bytes;

    if (boxes.fill_bytes) fill(&boxes, staging, core, cores);
    for (uint32_t i = 0; i < boxes.count; i++) {
        const nmcu_box_t box = boxes.boxes[i];
        copy_box(&box, boxes.output + box.to, boxes.inputs[box.input] + box.from, staging,
                 boxes.staging_bytes, core, cores);
    }
    nmcu_barrier();
}
