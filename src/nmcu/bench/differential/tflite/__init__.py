"""Writing and drawing TFLite networks."""
