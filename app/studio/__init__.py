"""The studio: the process that scans, decodes, encodes, trains, scores and recommends. No window, no network."""
