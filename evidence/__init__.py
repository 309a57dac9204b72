"""The evidence pack: one order's answer with its proof, as a signed PDF or a ZIP."""
