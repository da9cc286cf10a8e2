"""The float nodes that stand for each operator between DequantizeLinear and QuantizeLinear, by families.

Each function returns the float result's name and its layout.
"""
