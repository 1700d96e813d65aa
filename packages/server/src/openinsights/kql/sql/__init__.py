"""Plan to SQL: the emitter, the dialects, and the functions that engines must register."""
