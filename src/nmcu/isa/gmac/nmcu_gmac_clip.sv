// gmac in the ALU: a value clipped to a signed byte.

module nmcu_gmac_clip (
    input  logic [31:0] value_i,
    output logic [ 7:0] clipped_o
);

  logic fits;

  assign fits      = (&value_i[31:7]) || !(|value_i[31:7]);
  assign clipped_o = {value_i[31], fits ? value_i[6:0] : {7{!value_i[31]}}};

endmodule
