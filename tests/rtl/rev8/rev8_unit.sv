// The bytes of a word in reverse order: a result of the ALU.

module rev8_unit (
    input  logic [31:0] word_i,
    output logic [31:0] reversed_o
);

  assign reversed_o = {word_i[7:0], word_i[15:8], word_i[23:16], word_i[31:24]};

endmodule
