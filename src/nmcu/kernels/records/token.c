#include "token.h"

#include "layer.h"
#include "pipeline.h"

/* A core's run of records. */
typedef struct {
    const nmcu_token_t *token;
    unsigned part;                /* records of a part */
    unsigned to_load, to_compute; /* records */
    int partial;                  /* the last one has channels that do not exist */
    const uint8_t *next;          /* to load */
    uint8_t *buffer[2];           /* L1: this core's; null: records are read where they lie */
    nmcu_records_block_t block;   /* the next records to compute */
} run_t;

/* Whether no buffers alternate: then there is room for all records, or they are read where they lie. */
static int one_buffer(const nmcu_token_t *token)
{
    return token->parts[0] == token->parts[1];
}

/* The first record of a core. */
static unsigned first_of(const nmcu_token_t *token, unsigned records, unsigned core)
{
    const unsigned cores = nmcu_core_count();
    if (token->cores >= cores) return nmcu_share_first(records, core, cores); /* without a division */
    return nmcu_share_first(records, nmcu_min(core, token->cores), token->cores);
}

static run_t run_of(const nmcu_token_t *token, unsigned records, unsigned part, unsigned core)
{
    const unsigned first = first_of(token, records, core);
    const unsigned end = first_of(token, records, core + 1);
    const unsigned at = (one_buffer(token) ? first : core * part) * token->record_bytes;
    run_t run;

    run.token = token;
    run.part = part;
    run.to_load = run.to_compute = end - first;
    run.partial = first < end && end > (uint32_t)token->channels >> token->record_shift;
    run.next = token->weights + first * token->record_bytes;
    run.buffer[0] = token->parts[0] ? (uint8_t *)token->parts[0] + at : 0;
    run.buffer[1] = token->parts[1] ? (uint8_t *)token->parts[1] + at : 0;
    run.block.x[0] = token->x ? token->x : token->input;
    run.block.y[0] = (token->y ? token->y : token->output) + (first << token->record_shift);
    run.block.weights = run.next;
    run.block.steps = token->steps;
    run.block.m = token->m;
    run.block.requant = token->requant;
    return run;
}

static uint32_t share(void *of_core)
{
    const nmcu_token_t *token = ((run_t *)of_core)->token;
    return token->x ? nmcu_dma_start_1d(token->x, token->input, token->inputs) : 0;
}

static uint32_t load(void *of_core, unsigned part)
{
    run_t *run = of_core;
    const unsigned records = nmcu_min(run->part, run->to_load);
    const unsigned bytes = records * run->token->record_bytes;
    const uint8_t *from = run->next;

    if (!run->buffer[0] || records == 0) return 0;
    run->to_load -= records;
    run->next += bytes;
    return nmcu_dma_start_1d(run->buffer[part & 1], from, bytes);
}

/* The last record of all, whose channels that do not exist are dropped. */
static void compute_partial(const nmcu_token_t *token, nmcu_records_block_t block)
{
    const unsigned channels = token->channels & ((1u << token->record_shift) - 1);
    int8_t *y = block.y[0];
    int8_t results[4];

    block.records = 1;
    block.y[0] = results;
    token->block(&block);
    for (unsigned c = 0; c < channels; c++)
        y[c] = results[c];
}

static void compute(void *of_core, unsigned part)
{
    run_t *run = of_core;
    const nmcu_token_t *token = run->token;
    nmcu_records_block_t *block = &run->block;

    if (run->to_compute == 0) return;
    block->records = nmcu_min(run->part, run->to_compute);
    run->to_compute -= block->records;
    if (run->buffer[0]) block->weights = run->buffer[part & 1];
    if (run->partial && run->to_compute == 0) block->records--;
    if (block->records) token->block(block);
    block->weights += block->records * token->record_bytes;
    block->y[0] += block->records << token->record_shift;
    if (run->partial && run->to_compute == 0) compute_partial(token, *block);
}

static uint32_t store(void *of_core)
{
    const nmcu_token_t *token = ((run_t *)of_core)->token;
    return token->y ? nmcu_dma_start_1d(token->output, token->y, token->channels) : 0;
}

void nmcu_token_run(const nmcu_token_t *layer)
{
    static const nmcu_parts_t parts = {share, load, compute, store};
    nmcu_token_t *token = layer->copy;
    NMCU_LAYER_FETCH(nmcu_token_t, token, layer);
    const unsigned cores = nmcu_min(token->cores, nmcu_core_count());
    const unsigned records = (token->channels + (1u << token->record_shift) - 1) >> token->record_shift;
    const unsigned most = (records + cores - 1) / cores;
    const unsigned part = one_buffer(token) ? most : token->part;
    run_t run = run_of(token, records, part, nmcu_core_id());

    nmcu_pipeline_run_parts(&parts, &run, (most + part - 1) / part);
}
