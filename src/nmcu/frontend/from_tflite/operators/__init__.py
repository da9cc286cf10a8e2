"""Readers of TFLite operators, by families that share code; `nmcu.operators` says where each belongs."""
