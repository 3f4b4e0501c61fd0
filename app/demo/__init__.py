"""The demo library: music and little films of our own, synthesised on first use; nothing is downloaded.

Called by the studio process and the command line; writes only below the folder it is given. Knows numpy,
PyAV, mutagen and Pillow, and nothing of the database, the encoders or Qt.
"""
