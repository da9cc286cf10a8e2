// The simulated core: CV32E40P with its buses, and what the pipeline does, for tracing and statistics.
// Nothing here is synthesised; `xdec_*` edits do not depend on it.

module nmcu_core #(
    parameter bit          COREV_PULP = 1'b1,
    parameter logic [31:0] DmHaltAddr = 32'h800  // where a debugger's program lies, and what it traps to
) (
    `include "nmcu_core_ports.svh"
);

  import cv32e40p_pkg::*;

  cv32e40p_top #(
      .COREV_PULP(COREV_PULP),
      .FPU       (0)
  ) top_i (
      .clk_i,
      .rst_ni,
      .pulp_clock_en_i    (1'b1),
      .scan_cg_en_i       (1'b0),
      .boot_addr_i,
      .mtvec_addr_i       (32'b0),
      .dm_halt_addr_i     (DmHaltAddr),
      .hart_id_i,
      .dm_exception_addr_i(DmHaltAddr),
      .instr_req_o,
      .instr_gnt_i,
      .instr_rvalid_i,
      .instr_addr_o,
      .instr_rdata_i,
      .data_req_o,
      .data_gnt_i,
      .data_rvalid_i,
      .data_we_o,
      .data_be_o,
      .data_addr_o,
      .data_wdata_o,
      .data_rdata_i,
      .irq_i,
      .irq_ack_o          (),
      .irq_id_o           (),
      .debug_req_i,
      .debug_havereset_o  (),
      .debug_running_o    (),
      .debug_halted_o     (),
      .fetch_enable_i     (1'b1),
      .core_sleep_o       (sleep_o)
  );

  assign retire_o        = top_i.core_i.id_stage_i.minstret;
  assign retire_pc_o     = top_i.core_i.pc_id;
  assign retire_instr_o  = top_i.core_i.instr_rdata_id;
  assign retire_alu_we_o = top_i.core_i.id_stage_i.regfile_alu_we_id;
  assign retire_lsu_we_o = top_i.core_i.id_stage_i.regfile_we_id;

  always_comb begin
    trap_o = 2'd0;
    if (top_i.core_i.pc_set) begin
      case (top_i.core_i.pc_mux_id)
        PC_EXCEPTION: trap_o = (top_i.core_i.exc_pc_mux_id == EXC_PC_IRQ) ? 2'd2 : 2'd1;
        PC_MRET:      trap_o = 2'd3;
        default:      trap_o = 2'd0;
      endcase
    end
  end

  assign alu_we_o    = top_i.core_i.regfile_alu_we_fw_power;
  assign alu_waddr_o = top_i.core_i.regfile_alu_waddr_fw[4:0];
  assign alu_wdata_o = top_i.core_i.regfile_alu_wdata_fw;
  assign lsu_we_o    = top_i.core_i.regfile_we_wb_power;
  assign lsu_waddr_o = top_i.core_i.regfile_waddr_fw_wb_o[4:0];
  assign lsu_wdata_o = top_i.core_i.regfile_wdata;

  assign stall_o     = {
    top_i.core_i.id_stage_i.ctrl_transfer_insn_in_id != BRANCH_NONE,  // 6: a jump or branch in ID
    top_i.core_i.id_stage_i.branch_taken_ex,  // 5: a taken branch flushes ID
    !top_i.core_i.lsu_ready_ex || !top_i.core_i.lsu_ready_wb,  // 4: data memory
    !top_i.core_i.ex_ready && top_i.core_i.lsu_ready_ex && top_i.core_i.lsu_ready_wb,  // 3: multi-cycle operation
    top_i.core_i.data_misaligned,  // 2: second half of a misaligned access
    top_i.core_i.id_stage_i.jr_stall,  // 1: jalr waits for its register
    top_i.core_i.id_stage_i.load_stall  // 0: load-use
  };

endmodule
