"""The trace goes along into what asyncio hands to other threads and processes."""
