"""Functions that are known and not run: rows of reasons, and of what to write instead."""

from __future__ import annotations

from typing import Final

from openinsights.kql.refusal import Refusal

_CURSORS: Final = Refusal(
    "rows have no cursors", "filter by timestamp > datetime(…), the newest one seen so far"
)
_DETAILS: Final = Refusal(
    "of who asks no more is told than kind and id", "current_principal() gives these"
)
_MEMBERS: Final = Refusal(
    "groups of people are not asked for, nor are they in Azure Monitor",
    "compare current_principal() with the ones you mean",
)
_EXTENTS: Final = Refusal("rows are not kept in extents", "use itemId and timestamp")
_PATTERN: Final = Refusal(
    "it speaks of a pattern", "write it inside graph-match (a)-[e*1..3]->(b) where … project …"
)
_SHAPES: Final = Refusal(
    "constructing lines and polygons is not built",
    "geo_distance_…, geo_intersects_… and geo_point_in_… are run",
)
_INTERNAL: Final = Refusal("it is internal to another product and not documented")
_COMBINED: Final = Refusal(
    "how hashes are combined is not documented", "use hash(strcat(a, '|', b))"
)

FUNCTIONS: Final[dict[str, Refusal]] = {
    **dict.fromkeys(
        ("cursor_after", "cursor_before_or_at", "cursor_current", "current_cursor"), _CURSORS
    ),
    "current_principal_details": _DETAILS,
    "current_principal_is_member_of": _MEMBERS,
    **dict.fromkeys(
        ("extent_id", "extentid", "extent_tags", "row_id", "rowstore_ordinal_range"), _EXTENTS
    ),
    **dict.fromkeys(
        (
            "all",
            "inner_nodes",
            "map",
            "node_degree_in",
            "node_degree_out",
        ),
        _PATTERN,
    ),
    "graph": Refusal("there are no stored graphs", "make one: requests | make-graph …"),
    "labels": Refusal("nodes have no labels", "keep a column that says the kind of node"),
    "node_id": Refusal("nodes have no numbers", "name the column of ids: with_node_id=id"),
    "geo_h3cell_neighbors": Refusal(
        "in which order the cells come is not documented",
        "geo_h3cell_rings(cell, 1)[1] has the cells around a cell",
    ),
    "geo_polygon_to_h3cells": Refusal(
        "in which order the cells come is not documented",
        "use geo_point_to_h3cell(…) of the points",
    ),
    **dict.fromkeys(
        (
            "geo_line_buffer",
            "geo_line_simplify",
            "geo_point_buffer",
            "geo_polygon_buffer",
            "geo_polygon_simplify",
            "geo_simplify_polygons_array",
            "geo_union_lines_array",
        ),
        _SHAPES,
    ),
    **dict.fromkeys(
        (
            "__cast",
            "__geo_length_to_s2cell_level",
            "__geo_line_s2cell_covering_level",
            "__geo_line_validate",
            "__geo_polygon_s2cell_covering_level",
            "__geo_polygon_validate",
            "__hash_crc32",
            "__hash_djb2",
            "__hash_many_crc32",
            "__hash_xxh64",
            "__hll_normalize",
            "__invoke",
            "__ipv6_lookup_ranges",
            "__lz4_compress_dynamic_array_to_base64_string",
            "hll_isvalid",
            "passthrough",
            "tdigest_isvalid",
        ),
        _INTERNAL,
    ),
    **dict.fromkeys(("hash_combine", "hash_many"), _COMBINED),
    "cluster": Refusal("there are no other clusters", "name a resource: app('…').requests"),
    "current_cluster_endpoint": Refusal("there are no clusters"),
    "current_node_id": Refusal("there are no nodes", "cloud_RoleInstance names the sender"),
    "datetime_list_timezones": Refusal(
        "the list depends on the machine", "names are those of IANA: 'Europe/Brussels'"
    ),
    "entity_group": Refusal("there are no entity groups", "write union app('a').requests, …"),
    "external_table": Refusal("there are no external tables", "paste the rows as a datatable"),
    "geo_info_from_ip_address": Refusal(
        "there is no database of places", "client_City and its neighbours hold the place"
    ),
    "ingestion_time": Refusal("the time of ingestion is not kept", "use timestamp"),
    "materialized_view": Refusal("there are no materialized views", "name the table itself"),
    "stored_query_result": Refusal("results are not stored", "write the query out"),
}
"""Functions by name."""
