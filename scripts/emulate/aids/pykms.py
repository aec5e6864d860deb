"""Stand in for pykms, which Debian does not package: picamera2 imports it for previews on a screen.

cuelight shows no preview; whoever tried to would fail by name here.
"""


class PixelFormat:
    """The formats that picamera2 names while it is imported."""

    RGB888 = BGR888 = XRGB8888 = XBGR8888 = YUV420 = YVU420 = NV12 = None
