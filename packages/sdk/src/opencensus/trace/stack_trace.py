"""Where an exception was raised, as far as a span carries it."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

from opencensus.common.utils import get_truncatable_str

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

MAX_FRAMES = 128
BUILD_ID = os.environ.get("BUILD_ID", "unknown")
SOURCE_VERSION = os.environ.get("SOURCE_VERSION", "unknown")

_HASH_BITS = 48


class StackFrame:
    """One frame of a stack."""

    def __init__(
        self,
        func_name: str,
        original_func_name: str,
        file_name: str,
        line_num: int,
        col_num: int,
        load_module: str,
        build_id: str,
        source_version: str,
    ) -> None:
        self.func_name = func_name
        self.original_func_name = original_func_name
        self.file_name = file_name
        self.line_num = line_num
        self.col_num = col_num
        self.load_module = load_module
        self.build_id = build_id
        self.source_version = source_version

    def format_stack_frame_json(self) -> dict[str, Any]:
        """Return the legacy JSON form."""
        return {
            "function_name": get_truncatable_str(self.func_name),
            "original_function_name": get_truncatable_str(self.original_func_name),
            "file_name": get_truncatable_str(self.file_name),
            "line_number": self.line_num,
            "column_number": self.col_num,
            "load_module": {
                "module": get_truncatable_str(self.load_module),
                "build_id": get_truncatable_str(self.build_id),
            },
            "source_version": get_truncatable_str(self.source_version),
        }


class StackTrace:
    """The frames of a stack, outermost first, at most `MAX_FRAMES` of them.

    Args:
        stack_frames: Frames; those beyond the limit are counted in `dropped_frames_count`.
        stack_trace_hash_id: Equal for equal stacks; by default random.
    """

    def __init__(
        self,
        stack_frames: Sequence[Any] | None = None,
        stack_trace_hash_id: int | None = None,
    ) -> None:
        frames = [] if stack_frames is None else list(stack_frames)
        self.stack_frames: list[Any] = frames[:MAX_FRAMES]
        self.dropped_frames_count = len(frames) - len(self.stack_frames)
        self.stack_trace_hash_id = (
            generate_hash_id() if stack_trace_hash_id is None else stack_trace_hash_id
        )

    @classmethod
    def from_traceback(cls, tb: TracebackType | None) -> StackTrace:
        """Return the stack of a traceback. Of a deep one the first and last frames are kept."""
        frames = _frames_of(tb)
        stack_trace = cls(stack_trace_hash_id=_hash_of(frames))
        kept = frames
        if len(frames) > MAX_FRAMES:
            half = MAX_FRAMES // 2
            kept = frames[:half] + frames[-half:]
            stack_trace.dropped_frames_count = len(frames) - MAX_FRAMES
        for file_name, line_number, function_name in kept:
            stack_trace.add_stack_frame(
                StackFrame(
                    func_name=function_name,
                    original_func_name=function_name,
                    file_name=file_name,
                    line_num=line_number,
                    col_num=0,
                    load_module=file_name,
                    build_id=BUILD_ID,
                    source_version=SOURCE_VERSION,
                )
            )
        return stack_trace

    def add_stack_frame(self, stack_frame: StackFrame) -> None:
        """Append the JSON form of a frame, or count it as dropped when there is no room."""
        if len(self.stack_frames) >= MAX_FRAMES:
            self.dropped_frames_count += 1
        else:
            self.stack_frames.append(stack_frame.format_stack_frame_json())

    def format_stack_trace_json(self) -> dict[str, Any]:
        """Return the legacy JSON form."""
        json: dict[str, Any] = {}
        if self.stack_frames:
            json["stack_frames"] = {
                "frame": self.stack_frames,
                "dropped_frames_count": self.dropped_frames_count,
            }
        json["stack_trace_hash_id"] = self.stack_trace_hash_id
        return json


def generate_hash_id() -> int:
    """Return a random number of 64 bits."""
    return random.getrandbits(64)


def generate_hash_id_from_traceback(tb: TracebackType | None) -> int:
    """Return a number of 48 bits that is equal for equal stacks."""
    return _hash_of(_frames_of(tb))


def _frames_of(tb: TracebackType | None) -> list[tuple[str, int, str]]:
    frames = []
    while tb is not None:
        code = tb.tb_frame.f_code
        frames.append((code.co_filename, tb.tb_lineno, code.co_name))
        tb = tb.tb_next
    return frames


def _hash_of(frames: list[tuple[str, int, str]]) -> int:
    # Imported where it is needed: only spans that fail need it, and it loads a large library.
    import hashlib

    text = "\n".join(f"{file}:{line}:{function}" for file, line, function in frames)
    digest = hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return int.from_bytes(digest[: _HASH_BITS // 8], "big")
