// gmac in the WB stage: one weight times what a gather loaded, by the multipliers of the dot-product unit, is added to
// four accumulators.
//
// While a gather waits in WB for its data, the multipliers are lent to it: a dot product of bytes or a reader of the
// accumulators in EX waits (`lent_o`). An instruction in EX always completes (traps are taken in ID), so what is read
// here is exact for every instruction behind, interrupt handlers included.

module nmcu_gmac_accumulators (
    input logic clk,
    input logic rst_n,

    // an access leaves EX for WB: is it a gather, of a word, with which weight, from which byte of a word
    input logic       capture_i,
    input logic       gather_i,
    input logic       word_i,
    input logic [7:0] weight_i,
    input logic [1:0] lane_i,

    // its data arrive in WB, and are multiplied in the same cycle
    input  logic             valid_i,
    input  logic [31:0]      rdata_i,
    output logic             lent_o,
    output logic [31:0]      data_o,
    output logic [ 7:0]      weight_o,
    input  logic [3:0][17:0] products_i,  // signed

    // the first is read when the reader leaves EX: the others move up, and `last` becomes the fourth
    input  logic        shift_i,
    input  logic [31:0] last_i,
    output logic [31:0] first_o
);

  logic gather_q, word_q, take;
  logic [1:0] lane_q;
  logic [7:0] weight_q;
  logic [3:0][31:0] sum_q;

  always_ff @(posedge clk, negedge rst_n) begin
    if (!rst_n) begin
      gather_q <= 1'b0;
      word_q   <= 1'b0;
      lane_q   <= '0;
      weight_q <= '0;
    end else begin
      if (capture_i) gather_q <= gather_i;
      else if (valid_i) gather_q <= 1'b0;
      if (capture_i && gather_i) begin
        word_q   <= word_i;
        lane_q   <= lane_i;
        weight_q <= weight_i;
      end
    end
  end

  assign lent_o   = gather_q;
  assign weight_o = weight_q;
  assign data_o   = {rdata_i[31:8], rdata_i[8*lane_q+:8]};
  assign take     = gather_q && valid_i;
  assign first_o  = sum_q[0];

  for (genvar lane = 0; lane < 4; lane++) begin : gen_lane
    logic [15:0] product, low;  // a product of two signed bytes has 16 bits
    logic [15:0] high, moves;
    logic carry, sign;
    logic [31:0] above;

    // Adding zero keeps an accumulator, without a multiplexer of its own, and rests its adder.
    assign product = products_i[lane][15:0] & {16{take && (lane == 0 || word_q)}};
    assign sign    = product[15];

    // The upper half moves by one at most: up behind a carry, down below a negative product without one. A bit flips
    // where all below it did so and passed it on.
    assign {carry, low} = {1'b0, sum_q[lane][15:0]} + {1'b0, product};
    assign moves[0]     = carry ^ sign;
    for (genvar i = 1; i < 16; i++) begin : gen_moves
      assign moves[i] = moves[i-1] & (sum_q[lane][15+i] ^ sign);
    end
    assign high  = sum_q[lane][31:16] ^ moves;

    assign above = (lane == 3) ? last_i : sum_q[(lane+1)%4];

    always_ff @(posedge clk, negedge rst_n) begin
      if (!rst_n) sum_q[lane] <= '0;
      else sum_q[lane] <= shift_i ? above : {high, low};
    end
  end

endmodule
