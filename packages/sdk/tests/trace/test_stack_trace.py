from __future__ import annotations

from opencensus.trace.stack_trace import (
    MAX_FRAMES,
    StackFrame,
    StackTrace,
    generate_hash_id_from_traceback,
)


def _raise_below(depth):
    if not depth:
        raise ValueError("at the bottom")
    _raise_below(depth - 1)


def _traceback(depth):
    try:
        _raise_below(depth)
    except ValueError as error:
        return error.__traceback__


def test_the_frames_of_a_traceback_are_kept_outermost_first():
    frames = StackTrace.from_traceback(_traceback(2)).stack_frames
    assert [frame["function_name"]["value"] for frame in frames] == ["_traceback"] + 3 * [
        "_raise_below"
    ]
    assert frames[0]["file_name"]["value"] == __file__[:128]
    assert frames[0]["load_module"]["build_id"]["value"] == "unknown"


def test_of_a_deep_stack_both_ends_are_kept():
    trace = StackTrace.from_traceback(_traceback(300))
    assert len(trace.stack_frames) == MAX_FRAMES
    assert trace.dropped_frames_count == 302 - MAX_FRAMES
    assert trace.stack_frames[0]["function_name"]["value"] == "_traceback"
    lines = [frame["line_number"] for frame in trace.stack_frames]
    assert lines[-1] != lines[-2]


def test_equal_stacks_have_equal_hashes_of_48_bits():
    one, same, other = (_traceback(depth) for depth in (1, 1, 2))
    assert generate_hash_id_from_traceback(one) == generate_hash_id_from_traceback(same)
    assert generate_hash_id_from_traceback(one) != generate_hash_id_from_traceback(other)
    assert 0 <= generate_hash_id_from_traceback(one) < 2**48


def test_frames_beyond_the_limit_are_counted():
    frame = StackFrame("f", "o", "file", 1, 2, "module", "build", "version")
    trace = StackTrace(stack_frames=[frame] * 200)
    assert (len(trace.stack_frames), trace.dropped_frames_count) == (MAX_FRAMES, 72)
    trace.add_stack_frame(frame)
    assert trace.dropped_frames_count == 73
    assert trace.format_stack_trace_json()["stack_frames"]["dropped_frames_count"] == 73


def test_no_frames_are_left_out_of_the_json():
    assert set(StackTrace().format_stack_trace_json()) == {"stack_trace_hash_id"}
