// The simulated core: Ibex with its buses. An instruction leaves ID when it is done there; there is one write port.

module nmcu_core #(
    parameter bit FastCore = 1'b1
) (
    `include "nmcu_core_ports.svh"
);

  import ibex_pkg::*;

  ibex_top #(
      .RV32M          (FastCore ? RV32MSingleCycle : RV32MFast),
      .BranchTargetALU(FastCore),
      .WritebackStage (FastCore)
  ) top_i (
      .clk_i,
      .rst_ni,
      .test_en_i             (1'b0),
      .ram_cfg_i             ('0),
      .hart_id_i,
      .boot_addr_i,
      .instr_req_o,
      .instr_gnt_i,
      .instr_rvalid_i,
      .instr_addr_o,
      .instr_rdata_i,
      .instr_rdata_intg_i    ('0),
      .instr_err_i           (1'b0),
      .data_req_o,
      .data_gnt_i,
      .data_rvalid_i,
      .data_we_o,
      .data_be_o,
      .data_addr_o,
      .data_wdata_o,
      .data_wdata_intg_o     (),
      .data_rdata_i,
      .data_rdata_intg_i     ('0),
      .data_err_i            (1'b0),
      .irq_software_i        (1'b0),
      .irq_timer_i           (1'b0),
      .irq_external_i        (1'b0),
      .irq_fast_i            (irq_i[30:16]),
      .irq_nm_i              (1'b0),
      .scramble_key_valid_i  (1'b0),
      .scramble_key_i        ('0),
      .scramble_nonce_i      ('0),
      .scramble_req_o        (),
      .debug_req_i,
      .crash_dump_o          (),
      .double_fault_seen_o   (),
      .fetch_enable_i        (IbexMuBiOn),
      .alert_minor_o         (),
      .alert_major_internal_o(),
      .alert_major_bus_o     (),
      .core_sleep_o          (sleep_o),
      .scan_rst_ni           (1'b1)
  );

  assign retire_o        = top_i.u_ibex_core.instr_id_done;
  assign retire_pc_o     = top_i.u_ibex_core.pc_id;
  assign retire_instr_o  = top_i.u_ibex_core.instr_rdata_id;
  assign retire_alu_we_o = 1'b0;
  assign retire_lsu_we_o = 1'b0;

  always_comb begin
    trap_o = 2'd0;
    if (top_i.u_ibex_core.pc_set) begin
      case (top_i.u_ibex_core.pc_mux_id)
        PC_EXC:  trap_o = (top_i.u_ibex_core.exc_pc_mux_id == EXC_PC_IRQ) ? 2'd2 : 2'd1;
        PC_ERET: trap_o = 2'd3;
        default: trap_o = 2'd0;
      endcase
    end
  end

  assign alu_we_o    = top_i.rf_we_wb;
  assign alu_waddr_o = top_i.rf_waddr_wb;
  assign alu_wdata_o = top_i.rf_wdata_wb_ecc[31:0];
  assign lsu_we_o    = 1'b0;
  assign lsu_waddr_o = '0;
  assign lsu_wdata_o = '0;

  assign stall_o     = {
    top_i.u_ibex_core.id_stage_i.stall_jump,  // 6
    top_i.u_ibex_core.id_stage_i.stall_branch,  // 5
    top_i.u_ibex_core.id_stage_i.stall_mem,  // 4
    top_i.u_ibex_core.id_stage_i.stall_multdiv,  // 3
    top_i.u_ibex_core.load_store_unit_i.handle_misaligned_q,  // 2
    1'b0,  // 1
    // 0: a load's or store's response
    top_i.u_ibex_core.id_stage_i.stall_ld_hz || top_i.u_ibex_core.id_stage_i.stall_mem
  };

endmodule
