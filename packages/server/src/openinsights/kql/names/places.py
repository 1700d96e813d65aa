"""Functions of places on Earth: points, lines, polygons, cells."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name(
        "geo_angle",
        "geo_angle(p1_longitude, p1_latitude, p2_longitude, p2_latitude, p3_longitude, p3_latitude)",
        "print round(geo_angle(0, 1, 0, 0, 1, 0), 3)",
    ),
    Name(
        "geo_azimuth",
        "geo_azimuth(p1_longitude, p1_latitude, p2_longitude, p2_latitude)",
        "print round(geo_azimuth(0, 0, 1, 0), 3)",
    ),
    Name(
        "geo_closest_point_on_line",
        "geo_closest_point_on_line(longitude, latitude, lineString)",
        "print round(toreal(geo_closest_point_on_line(1, 1, dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]})).coordinates[0]), 6)",
    ),
    Name(
        "geo_closest_point_on_polygon",
        "geo_closest_point_on_polygon(longitude, latitude, polygon)",
        "print round(toreal(geo_closest_point_on_polygon(5, 1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]})).coordinates[0]), 6)",
    ),
    Name(
        "geo_distance_2points",
        "geo_distance_2points(p1_longitude, p1_latitude, p2_longitude, p2_latitude)",
        "print round(geo_distance_2points(4.35, 50.85, 2.35, 48.86) / 1000)",
    ),
    Name(
        "geo_distance_point_to_line",
        "geo_distance_point_to_line(longitude, latitude, lineString)",
        "print round(geo_distance_point_to_line(1, 1, dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]})) / 1000)",
    ),
    Name(
        "geo_distance_point_to_polygon",
        "geo_distance_point_to_polygon(longitude, latitude, polygon)",
        "print geo_distance_point_to_polygon(1, 1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}))",
    ),
    Name("geo_from_wkt", "geo_from_wkt(wkt)", "print geo_from_wkt('POINT (4.35 50.85)')"),
    Name(
        "geo_geohash_neighbors",
        "geo_geohash_neighbors(geohash)",
        "print geo_geohash_neighbors('u15')",
    ),
    Name(
        "geo_geohash_to_central_point",
        "geo_geohash_to_central_point(geohash)",
        "print geo_geohash_to_central_point('u15').type",
    ),
    Name(
        "geo_geohash_to_polygon",
        "geo_geohash_to_polygon(geohash)",
        "print geo_geohash_to_polygon('u15').type",
    ),
    Name(
        "geo_h3cell_children",
        "geo_h3cell_children(h3cell, [resolution])",
        "print geo_h3cell_children('862a1072fffffff')",
    ),
    Name(
        "geo_h3cell_level", "geo_h3cell_level(h3cell)", "print geo_h3cell_level('862a1072fffffff')"
    ),
    Name(
        "geo_h3cell_neighbors",
        "geo_h3cell_neighbors(h3cell)",
        "print geo_h3cell_neighbors('862a1072fffffff')",
    ),
    Name(
        "geo_h3cell_parent",
        "geo_h3cell_parent(h3cell, [resolution])",
        "print geo_h3cell_parent('862a1072fffffff')",
    ),
    Name(
        "geo_h3cell_rings",
        "geo_h3cell_rings(h3cell, distance)",
        "print geo_h3cell_rings('862a1072fffffff', 1)",
    ),
    Name(
        "geo_h3cell_to_central_point",
        "geo_h3cell_to_central_point(h3cell)",
        "print geo_h3cell_to_central_point('862a1072fffffff')",
    ),
    Name(
        "geo_h3cell_to_polygon",
        "geo_h3cell_to_polygon(h3cell)",
        "print geo_h3cell_to_polygon('862a1072fffffff')",
    ),
    Name(
        "geo_info_from_ip_address",
        "geo_info_from_ip_address(ip)",
        "print geo_info_from_ip_address('192.0.2.1')",
    ),
    Name(
        "geo_intersection_2lines",
        "geo_intersection_2lines(lineString1, lineString2)",
        "print geo_intersection_2lines(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 2]]}), dynamic({'type': 'LineString', 'coordinates': [[0, 2], [2, 0]]}))",
    ),
    Name(
        "geo_intersection_2polygons",
        "geo_intersection_2polygons(polygon1, polygon2)",
        "print geo_intersection_2polygons(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}), dynamic({'type': 'Polygon', 'coordinates': [[[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]]}))",
    ),
    Name(
        "geo_intersection_line_with_polygon",
        "geo_intersection_line_with_polygon(lineString, polygon)",
        "print geo_intersection_line_with_polygon(dynamic({'type': 'LineString', 'coordinates': [[-1, 1], [3, 1]]}), dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}))",
    ),
    Name(
        "geo_intersects_2lines",
        "geo_intersects_2lines(lineString1, lineString2)",
        "print geo_intersects_2lines(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 2]]}), dynamic({'type': 'LineString', 'coordinates': [[0, 2], [2, 0]]}))",
    ),
    Name(
        "geo_intersects_2polygons",
        "geo_intersects_2polygons(polygon1, polygon2)",
        "print geo_intersects_2polygons(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}), dynamic({'type': 'Polygon', 'coordinates': [[[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]]}))",
    ),
    Name(
        "geo_intersects_line_with_polygon",
        "geo_intersects_line_with_polygon(lineString, polygon)",
        "print geo_intersects_line_with_polygon(dynamic({'type': 'LineString', 'coordinates': [[-1, 1], [3, 1]]}), dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}))",
    ),
    Name(
        "geo_line_buffer",
        "geo_line_buffer(lineString, radius, [tolerance])",
        "print geo_line_buffer(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]}), 1000)",
    ),
    Name(
        "geo_line_centroid",
        "geo_line_centroid(lineString)",
        "print round(toreal(geo_line_centroid(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]})).coordinates[0]), 6)",
    ),
    Name(
        "geo_line_densify",
        "geo_line_densify(lineString, [tolerance], [preserve_crossing])",
        "print geo_line_densify(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]}))",
    ),
    Name(
        "geo_line_interpolate_point",
        "geo_line_interpolate_point(lineString, fraction)",
        "print round(toreal(geo_line_interpolate_point(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]}), 0.5).coordinates[0]), 6)",
    ),
    Name(
        "geo_line_length",
        "geo_line_length(lineString)",
        "print round(geo_line_length(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 0]]})) / 1000)",
    ),
    Name(
        "geo_line_locate_point",
        "geo_line_locate_point(lineString, longitude, latitude)",
        "print round(geo_line_locate_point(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]}), 1, 0), 3)",
    ),
    Name(
        "geo_line_simplify",
        "geo_line_simplify(lineString, [tolerance])",
        "print geo_line_simplify(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 0], [2, 0]]}))",
    ),
    Name(
        "geo_line_to_s2cells",
        "geo_line_to_s2cells(lineString, [level], [radius])",
        "print geo_line_to_s2cells(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]}))",
    ),
    Name(
        "geo_point_buffer",
        "geo_point_buffer(longitude, latitude, radius, [tolerance])",
        "print geo_point_buffer(4.35, 50.85, 1000)",
    ),
    Name(
        "geo_point_in_circle",
        "geo_point_in_circle(p_longitude, p_latitude, pc_longitude, pc_latitude, c_radius)",
        "print geo_point_in_circle(4.35, 50.85, 4.36, 50.85, 1000)",
    ),
    Name(
        "geo_point_in_polygon",
        "geo_point_in_polygon(longitude, latitude, polygon)",
        "print geo_point_in_polygon(1, 1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}))",
    ),
    Name(
        "geo_point_to_geohash",
        "geo_point_to_geohash(longitude, latitude, [accuracy])",
        "print geo_point_to_geohash(4.35, 50.85, 5)",
    ),
    Name(
        "geo_point_to_h3cell",
        "geo_point_to_h3cell(longitude, latitude, [resolution])",
        "print geo_point_to_h3cell(4.35, 50.85)",
    ),
    Name(
        "geo_point_to_s2cell",
        "geo_point_to_s2cell(longitude, latitude, [level])",
        "print geo_point_to_s2cell(4.35, 50.85, 8)",
    ),
    Name(
        "geo_polygon_area",
        "geo_polygon_area(polygon)",
        "print round(geo_polygon_area(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]})) / 1000000)",
    ),
    Name(
        "geo_polygon_buffer",
        "geo_polygon_buffer(polygon, radius, [tolerance])",
        "print geo_polygon_buffer(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}), 1000)",
    ),
    Name(
        "geo_polygon_centroid",
        "geo_polygon_centroid(polygon)",
        "print geo_polygon_centroid(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]})).type",
    ),
    Name(
        "geo_polygon_densify",
        "geo_polygon_densify(polygon, [tolerance], [preserve_crossing])",
        "print geo_polygon_densify(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}))",
    ),
    Name(
        "geo_polygon_perimeter",
        "geo_polygon_perimeter(polygon)",
        "print round(geo_polygon_perimeter(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]})) / 1000)",
    ),
    Name(
        "geo_polygon_simplify",
        "geo_polygon_simplify(polygon, [tolerance])",
        "print geo_polygon_simplify(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}))",
    ),
    Name(
        "geo_polygon_to_h3cells",
        "geo_polygon_to_h3cells(polygon, [resolution], [radius])",
        "print geo_polygon_to_h3cells(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}))",
    ),
    Name(
        "geo_polygon_to_s2cells",
        "geo_polygon_to_s2cells(polygon, [level], [radius])",
        "print geo_polygon_to_s2cells(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}))",
    ),
    Name(
        "geo_s2cell_neighbors",
        "geo_s2cell_neighbors(s2cell)",
        "print array_length(geo_s2cell_neighbors('47c4'))",
    ),
    Name(
        "geo_s2cell_to_central_point",
        "geo_s2cell_to_central_point(s2cell)",
        "print geo_s2cell_to_central_point('47c4').type",
    ),
    Name(
        "geo_s2cell_to_polygon",
        "geo_s2cell_to_polygon(s2cell)",
        "print geo_s2cell_to_polygon('47c4').type",
    ),
    Name(
        "geo_simplify_polygons_array",
        "geo_simplify_polygons_array(polygons, [tolerance])",
        "print geo_simplify_polygons_array(dynamic([]))",
    ),
    Name(
        "geo_union_lines_array",
        "geo_union_lines_array(lineStrings)",
        "print geo_union_lines_array(dynamic([]))",
    ),
    Name(
        "geo_union_polygons_array",
        "geo_union_polygons_array(polygons)",
        "print geo_union_polygons_array(dynamic([]))",
    ),
)
