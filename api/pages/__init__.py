"""The pages: the record for people who look, rendered here, without scripts, in two languages."""
