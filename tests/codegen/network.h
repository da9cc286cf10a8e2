/* conv_linear: int8 network for cluster8, xcv, made by nmcu.
 *
 * Every core calls network_run(); it reads the input arrays, writes the output arrays and uses no others.
 * real value = (int8 value - zero point) * scale; layout NHWC. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

/* input "image_q": shape 1x8x8x3, scale 0.02, zero point -3 */
extern int8_t input_image_q[192];
/* output "scores": shape 1x10, scale 2, zero point 0 */
extern int8_t output_scores[10];

void network_run(void);

#endif
