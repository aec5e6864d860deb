"""From the world to expressions: cameras and clips, faces, and the model that reads them."""
