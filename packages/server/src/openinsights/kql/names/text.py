"""Functions of text: parts, patterns, encodings, addresses of the web, hashes."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name(
        "base64_decode_toarray",
        "base64_decode_toarray(base64_string)",
        "print base64_decode_toarray('T0s=')",
    ),
    Name(
        "base64_decode_toguid",
        "base64_decode_toguid(base64_string)",
        "print base64_decode_toguid('AQIDBAUGBwcJCgsMDQ4PEA==')",
    ),
    Name(
        "base64_decode_tostring",
        "base64_decode_tostring(base64_string)",
        "print base64_decode_tostring('T0s=')",
    ),
    Name(
        "base64_decodestring",
        "base64_decodestring(base64_string)",
        "print base64_decodestring('T0s=')",
    ),
    Name(
        "base64_encode_fromarray",
        "base64_encode_fromarray(base64_string_decoded_as_array)",
        "print base64_encode_fromarray(dynamic([79, 75]))",
    ),
    Name(
        "base64_encode_fromguid",
        "base64_encode_fromguid(guid)",
        "print base64_encode_fromguid(guid(00000000-0000-0000-0000-000000000001))",
    ),
    Name(
        "base64_encode_tostring",
        "base64_encode_tostring(string)",
        "print base64_encode_tostring('OK')",
    ),
    Name("base64_encodestring", "base64_encodestring(string)", "print base64_encodestring('OK')"),
    Name("countof", "countof(source, search, [kind])", "print countof('/api/api/orders', 'api')"),
    Name(
        "extract",
        "extract(regex, captureGroup, source, [typeLiteral])",
        "print extract(@'/orders/(\\d+)', 1, '/orders/42/lines')",
    ),
    Name(
        "extract_all",
        "extract_all(regex, captureGroups, [source])",
        "print extract_all(@'(\\d+)', '3 of 12 retries')",
    ),
    Name(
        "extractall",
        "extractall(regex, captureGroups, [source])",
        "print extractall(@'(\\d+)', '3 of 12 retries')",
    ),
    Name(
        "gzip_compress_to_base64_string",
        "gzip_compress_to_base64_string(string)",
        "print strlen(gzip_compress_to_base64_string('OK')) > 0",
    ),
    Name(
        "gzip_decompress_from_base64_string",
        "gzip_decompress_from_base64_string(string)",
        "print gzip_decompress_from_base64_string(gzip_compress_to_base64_string('OK'))",
    ),
    Name(
        "has_any_index",
        "has_any_index(source, values)",
        "print has_any_index('timeout in checkout', dynamic(['refused', 'timeout']))",
    ),
    Name("hash", "hash(source, [mod])", "print hash('GET /', 10)"),
    Name("hash_combine", "hash_combine(source, …)", "print hash_combine(hash('a'), hash('b'))"),
    Name("hash_many", "hash_many(source, …)", "print hash_many('a', 'b')"),
    Name("hash_md5", "hash_md5(source)", "print hash_md5('GET /')"),
    Name("hash_sha1", "hash_sha1(source)", "print hash_sha1('GET /')"),
    Name("hash_sha256", "hash_sha256(source)", "print hash_sha256('GET /')"),
    Name("hash_xxhash64", "hash_xxhash64(source, [mod])", "print hash_xxhash64('GET /')"),
    Name(
        "indexof",
        "indexof(string, match, [start], [length], [occurrence])",
        "print indexof('GET /orders', '/')",
    ),
    Name(
        "indexof_regex",
        "indexof_regex(string, match, [start], [length], [occurrence])",
        "print indexof_regex('order 42', @'\\d')",
    ),
    Name("isascii", "isascii(value)", "print isascii('café')"),
    Name("isempty", "isempty(value)", "print isempty('')"),
    Name("isnotempty", "isnotempty(value)", "print isnotempty('GET /')"),
    Name("isutf8", "isutf8(value)", "print isutf8('café')"),
    Name("make_string", "make_string(value, …)", "print make_string(79, 75)"),
    Name("notempty", "notempty(value)", "print notempty('GET /')"),
    Name(
        "parse_command_line",
        "parse_command_line(command, parser)",
        "print parse_command_line('serve --port 5380', 'windows')",
    ),
    Name("parse_csv", "parse_csv(csv_text)", "print parse_csv('GET /,200,\"a, b\"')"),
    Name("parse_path", "parse_path(path)", "print parse_path(@'C:\\logs\\app.log').Filename"),
    Name("parse_url", "parse_url(url)", "print parse_url('https://shop.example/cart?item=3').Host"),
    Name("parse_urlquery", "parse_urlquery(query)", "print parse_urlquery('item=3&size=L')"),
    Name(
        "parse_user_agent",
        "parse_user_agent(user_agent, look_for)",
        "print parse_user_agent('Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'browser').Browser.Family",
    ),
    Name(
        "parse_version",
        "parse_version(version)",
        "print parse_version('1.2.3') < parse_version('1.10.0')",
    ),
    Name(
        "parse_xml",
        "parse_xml(xml_text)",
        "print parse_xml('<order id=\"42\"><item>cup</item></order>')",
    ),
    Name("parseurl", "parseurl(url)", "print parseurl('https://shop.example/cart').Path"),
    Name("parseurlquery", "parseurlquery(query)", "print parseurlquery('item=3')"),
    Name(
        "punycode_domain_from_string",
        "punycode_domain_from_string(string)",
        "print punycode_domain_from_string('xn--bcher-kva.example')",
    ),
    Name(
        "punycode_domain_to_string",
        "punycode_domain_to_string(string)",
        "print punycode_domain_to_string('bücher.example')",
    ),
    Name(
        "punycode_from_string",
        "punycode_from_string(string)",
        "print punycode_from_string('bücher')",
    ),
    Name(
        "punycode_to_string", "punycode_to_string(string)", "print punycode_to_string('bcher-kva')"
    ),
    Name("regex_quote", "regex_quote(string)", "print regex_quote('a.b')"),
    Name("replace", "replace(regex, rewrite, source)", "print replace(@'\\d+', '#', '/orders/42')"),
    Name(
        "replace_regex",
        "replace_regex(source, lookup_regex, rewrite_pattern)",
        "print replace_regex('/orders/42', @'\\d+', '#')",
    ),
    Name(
        "replace_string",
        "replace_string(text, lookup, rewrite)",
        "print replace_string('/orders/42', '42', '#')",
    ),
    Name(
        "replace_strings",
        "replace_strings(text, lookups, rewrites)",
        "print replace_strings('GET /orders', dynamic(['GET', 'orders']), dynamic(['PUT', 'carts']))",
    ),
    Name("reverse", "reverse(value)", "print reverse('abc')"),
    Name("split", "split(source, delimiter, [requestedIndex])", "print split('eu.west.1', '.')"),
    Name("strcat", "strcat(arg, …)", "print strcat('GET', ' ', '/')"),
    Name(
        "strcat_delim",
        "strcat_delim(delimiter, arg, …)",
        "print strcat_delim('-', 'eu', 'west', 1)",
    ),
    Name("strcmp", "strcmp(s1, s2)", "print strcmp('a', 'b')"),
    Name("string_size", "string_size(string)", "print string_size('café')"),
    Name("strlen", "strlen(string)", "print strlen('café')"),
    Name("strrep", "strrep(value, multiplier, [delimiter])", "print strrep('ab', 3)"),
    Name("substring", "substring(string, start, [length])", "print substring('requests', 0, 3)"),
    Name("to_utf8", "to_utf8(value)", "print to_utf8('OK')"),
    Name("tolower", "tolower(value)", "print tolower('GET')"),
    Name("toupper", "toupper(value)", "print toupper('get')"),
    Name(
        "translate",
        "translate(searchList, replacementList, source)",
        "print translate('/.', '--', 'a/b.c')",
    ),
    Name("trim", "trim(regex, source)", "print trim(@'\\s+', '  OK ')"),
    Name("trim_end", "trim_end(regex, source)", "print trim_end('/', 'orders/')"),
    Name("trim_start", "trim_start(regex, source)", "print trim_start('/', '/orders')"),
    Name(
        "unicode_codepoints_from_string",
        "unicode_codepoints_from_string(value)",
        "print unicode_codepoints_from_string('OK')",
    ),
    Name(
        "unicode_codepoints_to_string",
        "unicode_codepoints_to_string(value, …)",
        "print unicode_codepoints_to_string(79, 75)",
    ),
    Name("url_decode", "url_decode(encoded_url)", "print url_decode('a%20b')"),
    Name("url_encode", "url_encode(url)", "print url_encode('a b&c')"),
    Name(
        "url_encode_component", "url_encode_component(url)", "print url_encode_component('a b&c')"
    ),
    Name(
        "zlib_compress_to_base64_string",
        "zlib_compress_to_base64_string(string)",
        "print strlen(zlib_compress_to_base64_string('OK')) > 0",
    ),
    Name(
        "zlib_decompress_from_base64_string",
        "zlib_decompress_from_base64_string(string)",
        "print zlib_decompress_from_base64_string(zlib_compress_to_base64_string('OK'))",
    ),
)
