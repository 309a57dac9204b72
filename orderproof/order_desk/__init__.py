"""The order desk: lists, checks, exceptions, clocks and reports over an open store."""
