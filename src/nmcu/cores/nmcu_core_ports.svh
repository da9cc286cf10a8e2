// The ports of every wrapper: the core with its buses, and what the pipeline does, for tracing and statistics.
    input logic clk_i,
    input logic rst_ni,

    input logic [31:0] boot_addr_i,
    input logic [31:0] hart_id_i,

    output logic        instr_req_o,
    output logic [31:0] instr_addr_o,
    input  logic        instr_gnt_i,
    input  logic        instr_rvalid_i,
    input  logic [31:0] instr_rdata_i,

    output logic        data_req_o,
    output logic        data_we_o,
    output logic [ 3:0] data_be_o,
    output logic [31:0] data_addr_o,
    output logic [31:0] data_wdata_o,
    input  logic        data_gnt_i,
    input  logic        data_rvalid_i,
    input  logic [31:0] data_rdata_i,

    input  logic [31:0] irq_i,
    input  logic        debug_req_i,
    output logic        sleep_o,

    // an instruction leaves ID for EX (it will complete) and what it will write
    output logic        retire_o,
    output logic [31:0] retire_pc_o,
    output logic [31:0] retire_instr_o,  // compressed ones expanded
    output logic        retire_alu_we_o,
    output logic        retire_lsu_we_o,
    // a trap or xret redirects the fetch: 1 exception, 2 interrupt, 3 return
    output logic [ 1:0] trap_o,

    // register file writes
    output logic        alu_we_o,
    output logic [ 4:0] alu_waddr_o,
    output logic [31:0] alu_wdata_o,
    output logic        lsu_we_o,
    output logic [ 4:0] lsu_waddr_o,
    output logic [31:0] lsu_wdata_o,

    // why nothing retires
    output logic [ 6:0] stall_o
