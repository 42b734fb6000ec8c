"""A folder of images and of their saliency maps."""
