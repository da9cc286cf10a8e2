// gmac in the EX stage: where a gather loads from, how far its base moves on, and the weight it multiplies by.

module nmcu_gmac_address (
    input logic [1:0] m_i,        // M = 1, 4, 8, 16
    input logic       word_i,     // a word of four pixels; else one byte
    input logic [3:0] sel_i,      // which of the packed offsets; its low bits: which weight
    input logic [31:0] offsets_i,  // rs2
    input logic [31:0] weights_i,  // rd

    output logic [31:0] addend_o,  // to the base: the address
    output logic [31:0] step_o,    // to the base: its new value
    output logic [ 7:0] weight_o
);

  logic [3:0] field, index;
  logic [4:0] step;  // in units of four pixels: M, or 1

  // Two offsets of two bits share the field of one offset of four bits.
  assign field = offsets_i[{m_i[1] ? sel_i[2:0] : sel_i[3:1], 2'b00}+:4];

  always_comb begin
    unique case (m_i)
      2'd0: index = 4'd0;
      2'd1: index = {2'b00, sel_i[0] ? field[3:2] : field[1:0]};
      default: index = field;
    endcase
  end

  assign addend_o = word_i ? {26'b0, index, 2'b00} : {28'b0, index};

  assign step     = {m_i == 2'd3, m_i == 2'd2, m_i == 2'd1, 1'b0, m_i == 2'd0};
  assign step_o   = word_i ? {25'b0, step, 2'b00} : {27'b0, step};

  assign weight_o = weights_i[{sel_i[1:0], 3'b000}+:8];

endmodule
