// xDecimate in the EX stage: the counter CSR 0x7C0 (xdec) and the address offset of nm.dec.
//
// An instruction in EX always completes (traps are taken in ID), so the counter advances when nm.dec leaves EX and
// is exact for every instruction behind it, interrupt handlers included.

module nmcu_xdec_counter
  import cv32e40p_pkg::*;
(
    input logic clk,
    input logic rst_n,

    // CSR access in EX; reads as zero at any other address, so that it can be ORed to the CSR file's data
    input  logic        [11:0] csr_addr_i,
    input  logic        [31:0] csr_wdata_i,
    input  csr_opcode_e        csr_op_i,
    output logic        [31:0] csr_rdata_o,

    // nm.dec in EX
    input  logic [ 2:0] mode_i,     // {pair, m}: M = 4, 8, 16 for m = 0, 1, 2
    input  logic [31:0] offsets_i,  // rs2: packed offsets
    input  logic        advance_i,  // nm.dec leaves EX
    output logic [31:0] addend_o,   // M * c + offset
    output logic [ 1:0] lane_o      // byte lane of rd: c mod 4
);

  localparam logic [11:0] CSR_XDEC = 12'h7C0;

  logic [15:0] count_q, count_n;
  logic [15:0] c;
  logic [16:0] c_plus_1;
  logic        pair, m4, m8;
  logic [ 3:0] field, offset;
  logic        csr_selected;

  assign pair     = mode_i[2];
  assign m4       = mode_i[1:0] == 2'd0;
  assign m8       = mode_i[1:0] == 2'd1;

  assign c        = pair ? {1'b0, count_q[15:1]} : count_q;
  assign c_plus_1 = c + 17'd1;

  // Two offsets of two bits share the field of one offset of four bits.
  assign field    = offsets_i[{m4 ? c[3:1] : c[2:0], 2'b00}+:4];
  assign offset   = m4 ? {2'b00, c[0] ? field[3:2] : field[1:0]} : field;

  // M is a power of two, so M * c + offset is a concatenation; only M = 8 can carry (an offset of 8 to 15).
  always_comb begin
    unique case (1'b1)
      m4:      addend_o = {14'b0, c, offset[1:0]};
      m8:      addend_o = {12'b0, offset[3] ? c_plus_1 : {1'b0, c}, offset[2:0]};
      default: addend_o = {12'b0, c, offset};
    endcase
  end

  assign lane_o       = c[1:0];

  assign csr_selected = csr_addr_i == CSR_XDEC;
  assign csr_rdata_o  = csr_selected ? {16'b0, count_q} : 32'b0;

  always_comb begin
    count_n = count_q;
    if (advance_i) begin
      count_n = count_q + 16'd1;
    end else if (csr_selected) begin
      unique case (csr_op_i)
        CSR_OP_WRITE: count_n = csr_wdata_i[15:0];
        CSR_OP_SET:   count_n = count_q | csr_wdata_i[15:0];
        CSR_OP_CLEAR: count_n = count_q & ~csr_wdata_i[15:0];
        default:      count_n = count_q;
      endcase
    end
  end

  always_ff @(posedge clk, negedge rst_n) begin
    if (!rst_n) count_q <= '0;
    else count_q <= count_n;
  end

endmodule
