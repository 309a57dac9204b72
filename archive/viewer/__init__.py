"""The page that shows a history, and checks it, in a browser: no server of ours is needed.

Its parts are plain modules, style and a frame. An archive gets them as one page, since a browser
loads no module beside a page that was opened from a disk.
"""
