"""xDecimate inside CV32E40P: the lines that change in the core's own files.

The counter, the offset and the byte merge are units of their own (`hardware/*.sv`). What is left are these edits: each
names one line of the installed file (its anchor, which must occur exactly once) and the text that goes before it,
after it or in its place. The core itself is never copied into this repository.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nmcu.rtl.errors import RtlError


@dataclass(frozen=True)
class Edit:
    """One change: `text` goes before, after, or in place of `anchor` in `file`."""

    file: str
    where: Literal["before", "after", "replace"]
    anchor: str
    text: str

    def apply(self, source: str) -> str:
        """`source` with this edit made; raises `RtlError` unless the anchor occurs exactly once."""
        found = source.count(self.anchor)
        if found != 1:
            raise RtlError(
                f"{self.file}: the line {self.anchor!r} occurs {found} times, expected once; "
                "the xDecimate edits were made for another version of the core"
            )
        parts = {
            "before": self.text + self.anchor,
            "after": self.anchor + self.text,
            "replace": self.text,
        }
        return source.replace(self.anchor, parts[self.where])


def apply_all(sources: Mapping[str, str], edits: tuple["Edit", ...]) -> dict[str, str]:
    """A copy of `sources` (file name to text) with every edit made, in order."""
    result = dict(sources)
    for edit in edits:
        if edit.file not in result:
            raise RtlError(f"the installed core has no file {edit.file}, which the xDecimate edits change")
        result[edit.file] = edit.apply(result[edit.file])
    return result


DECODER = "cv32e40p_decoder.sv"
ID_STAGE = "cv32e40p_id_stage.sv"
CORE = "cv32e40p_core.sv"
LSU = "cv32e40p_load_store_unit.sv"

# nm.dec travels as a load of data type 2'b11, which the load-store unit treats as a byte and which nothing else uses.
# Its mode {pair, m} rides in bmask_a (instr[29:25]), old rd in operand c, the store data of the load-store unit.
XDEC: tuple[Edit, ...] = (
    # --- decoder: custom-1, funct3 101, and CSR 0x7C0
    Edit(
        DECODER,
        "before",
        "            3'b011 : begin // Plane A\n",
        """\
            3'b101 : begin // nm.dec
              if (instr_rdata_i[31:28] == 4'b0000 && instr_rdata_i[26:25] != 2'b11) begin
                data_req       = 1'b1;
                data_type_o    = 2'b11;
                regfile_mem_we = 1'b1;
                rega_used_o    = 1'b1;
                regb_used_o    = 1'b1;
                regc_used_o    = 1'b1;
                regc_mux_o     = REGC_RD;
                bmask_a_mux_o  = BMASK_A_S3;
              end else begin
                illegal_insn_o = 1'b1;
              end
            end

""",
    ),
    Edit(
        DECODER,
        "before",
        "            // Hardware Loop register\n",
        """\
            // xDecimate counter
            12'h7C0 :
                if (!COREV_PULP) csr_illegal = 1'b1;

""",
    ),
    # --- ID stage: nm.dec behind nm.dec with the same rd takes old rd from WB instead of stalling
    Edit(
        ID_STAGE,
        "after",
        "    output logic       data_load_event_ex_o,\n",
        "    output logic       xdec_bypass_ex_o,\n",
    ),
    Edit(
        ID_STAGE,
        "after",
        "  logic        reg_d_ex_is_reg_c_id;\n",
        "  logic        reg_d_ex_is_rd_id;\n  logic        xdec_bypass_id;\n",
    ),
    Edit(
        ID_STAGE,
        "replace",
        "  assign reg_d_ex_is_reg_c_id  =",
        """\
  assign xdec_bypass_id        = reg_d_ex_is_rd_id && (data_type_id == 2'b11) &&
                                 data_req_ex_o && (data_type_ex_o == 2'b11);
  assign reg_d_ex_is_reg_c_id  = reg_d_ex_is_rd_id && !xdec_bypass_id;
  assign reg_d_ex_is_rd_id     =""",
    ),
    Edit(
        ID_STAGE,
        "before",
        "  // Performance Counter Events\n",
        """\
  always_ff @(posedge clk, negedge rst_n) begin : XDEC_BYPASS
    if (rst_n == 1'b0) xdec_bypass_ex_o <= 1'b0;
    else if (id_valid_o) xdec_bypass_ex_o <= xdec_bypass_id;
  end

""",
    ),
    # --- core: the counter unit beside the load-store unit
    Edit(
        CORE,
        "after",
        "  logic               data_load_event_ex;\n",
        """\
  logic               xdec_ex;  // nm.dec in EX
  logic               xdec_bypass_ex;  // its old rd is the result of the load in WB
  logic        [ 1:0] xdec_lane;
  logic        [31:0] xdec_addend;
  logic        [31:0] xdec_csr_rdata;
""",
    ),
    Edit(
        CORE,
        "after",
        "      .data_load_event_ex_o(data_load_event_ex),  // to load store unit\n",
        "      .xdec_bypass_ex_o    (xdec_bypass_ex),\n",
    ),
    Edit(
        CORE,
        "replace",
        "      .csr_rdata_i (csr_rdata),\n",
        "      .csr_rdata_i (csr_rdata | xdec_csr_rdata),\n",
    ),
    Edit(
        CORE,
        "replace",
        "      .operand_b_ex_i   (alu_operand_b_ex),\n",
        """\
      .operand_b_ex_i   (xdec_ex ? xdec_addend : alu_operand_b_ex),
      .xdec_bypass_ex_i (xdec_bypass_ex),
      .xdec_lane_ex_i   (xdec_lane),
""",
    ),
    Edit(
        CORE,
        "before",
        "  // Tracer signal\n",
        """\
  assign xdec_ex = data_req_ex && (data_type_ex == 2'b11);

  nmcu_xdec_counter xdec_counter_i (
      .clk        (clk),
      .rst_n      (rst_ni),
      .csr_addr_i (csr_addr),
      .csr_wdata_i(csr_wdata),
      .csr_op_i   (csr_op),
      .csr_rdata_o(xdec_csr_rdata),
      .mode_i     (bmask_a_ex[2:0]),
      .offsets_i  (alu_operand_b_ex),
      .advance_i  (xdec_ex && lsu_ready_ex),
      .addend_o   (xdec_addend),
      .lane_o     (xdec_lane)
  );

""",
    ),
    # --- load-store unit: old rd waits in rdata_q until the byte arrives
    Edit(
        LSU,
        "after",
        "    input  logic [31:0] operand_b_ex_i,  // operand b from RF for address     -> from ex stage\n",
        """\
    input  logic        xdec_bypass_ex_i,  // nm.dec: old rd is the result in WB
    input  logic [ 1:0] xdec_lane_ex_i,  // nm.dec: byte lane of rd
""",
    ),
    Edit(LSU, "after", "  logic [31:0] rdata_q;\n", "  logic [31:0] xdec_merged;\n"),
    Edit(
        LSU,
        "replace",
        "      2'b10, 2'b11: data_rdata_ext = rdata_b_ext;\n",
        "      2'b10:        data_rdata_ext = rdata_b_ext;\n      2'b11:        data_rdata_ext = xdec_merged;\n",
    ),
    Edit(
        LSU,
        "replace",
        "      if (resp_valid && (~data_we_q)) begin\n",
        """\
      // With the bypass, rdata_q keeps or takes the result of the nm.dec in WB, as for any load.
      if (ctrl_update && (data_type_ex_i == 2'b11) && !xdec_bypass_ex_i) begin
        rdata_q <= data_wdata_ex_i;
      end else if (resp_valid && (~data_we_q)) begin
""",
    ),
    Edit(
        LSU,
        "before",
        "  // output to register file\n",
        """\
  nmcu_xdec_merge xdec_merge_i (
      .clk      (clk),
      .rst_n    (rst_n),
      .capture_i(ctrl_update),
      .lane_i   (xdec_lane_ex_i),
      .byte_i   (rdata_b_ext[7:0]),
      .old_i    (rdata_q),
      .merged_o (xdec_merged)
  );

""",
    ),
)
