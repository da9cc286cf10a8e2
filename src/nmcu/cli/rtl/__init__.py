"""`nmcu rtl …`: the real core's RTL: area of extensions, differential tests, calibration of the simulator."""
