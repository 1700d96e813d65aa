"""How long telemetry stays: retention, the cap on the disk, purges, backup and restore."""
