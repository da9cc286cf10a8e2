// xDecimate in the WB stage: puts the loaded byte into one lane of the old destination register.

module nmcu_xdec_merge (
    input logic clk,
    input logic rst_n,

    input logic       capture_i,  // a load moves from EX to WB
    input logic [1:0] lane_i,

    input  logic [ 7:0] byte_i,
    input  logic [31:0] old_i,
    output logic [31:0] merged_o
);

  logic [1:0] lane_q;

  always_ff @(posedge clk, negedge rst_n) begin
    if (!rst_n) lane_q <= '0;
    else if (capture_i) lane_q <= lane_i;
  end

  for (genvar lane = 0; lane < 4; lane++) begin : gen_lane
    assign merged_o[8*lane+:8] = (lane_q == lane) ? byte_i : old_i[8*lane+:8];
  end

endmodule
