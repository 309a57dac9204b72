"""Read models that can be dropped and rebuilt, and the runner that feeds them."""
