/* Packed weights, requantisation constants and tables of all layers. */
    .section .weights, "a"
    .balign 16
nmcu_weights:
    .incbin "weights.bin"
    .globl layer_conv_weights
    .set layer_conv_weights, nmcu_weights + 0
    .globl layer_classifier_weights
    .set layer_classifier_weights, nmcu_weights + 832
