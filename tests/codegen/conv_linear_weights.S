/* Packed weights, requantisation constants and tables of all layers. */
    .section .weights, "a"
    .balign 16
    .globl conv_linear_weights
conv_linear_weights:
    .incbin "conv_linear_weights.bin"
