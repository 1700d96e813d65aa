"""The store on ClickHouse: the same tables on a server or a cluster that other processes share.

Nothing outside this folder imports clickhouse-connect, and nothing in it before a store is opened.
"""
