/* Packed weights, requantisation constants and tables of all layers. */
    .section .weights, "a"
    .balign 16
nmcu_weights:
    .incbin "weights.bin"
    .globl nmcu_conv_weights
    .set nmcu_conv_weights, nmcu_weights + 0
    .globl nmcu_classifier_weights
    .set nmcu_classifier_weights, nmcu_weights + 832
