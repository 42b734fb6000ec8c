"""What runs the network on a canvas: LiteRT, Keras, or a SavedModel."""
